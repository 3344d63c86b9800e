using TinyKv.Protocol.Wire.Errors;

namespace TinyKv.Protocol;

/// <summary>The answer to a request that named a region.</summary>
public interface IRegionReply
{
    /// <summary>Why the store refused, or null when it did not.</summary>
    Error? RegionError { get; set; }
}
