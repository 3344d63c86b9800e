using TinyKv.Protocol.Wire.Errors;

namespace TinyKv.Protocol
{
    /// <summary>The answer to a request that named a region.</summary>
    public interface IRegionReply
    {
        /// <summary>Why the store refused, or null when it did not.</summary>
        Error? RegionError { get; set; }
    }
}

namespace TinyKv.Protocol.Wire.Kv
{
    /// <inheritdoc cref="IRegionReply"/>
    public partial class RawGetResponse : IRegionReply;
    /// <inheritdoc cref="IRegionReply"/>
    public partial class RawPutResponse : IRegionReply;
    /// <inheritdoc cref="IRegionReply"/>
    public partial class RawDeleteResponse : IRegionReply;
    /// <inheritdoc cref="IRegionReply"/>
    public partial class RawScanResponse : IRegionReply;
}
