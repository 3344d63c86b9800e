using TinyKv.Protocol.Raw;

// The raw calls of the TinyKV protocol, which are always for one replica, as requests that a gateway takes.
namespace TinyKv.Protocol.Wire.Kv;

/// <inheritdoc cref="IRawRequest"/>
public partial class RawGetRequest : IRawRequest<RawGetResponse>
{
    bool IRawRequest.IsRead => true;
}

/// <inheritdoc cref="IRawRequest"/>
public partial class RawPutRequest : IRawRequest<RawPutResponse>
{
    bool IRawRequest.IsRead => false;
}

/// <inheritdoc cref="IRawRequest"/>
public partial class RawDeleteRequest : IRawRequest<RawDeleteResponse>
{
    bool IRawRequest.IsRead => false;
}

/// <inheritdoc cref="IRawRequest"/>
public partial class RawScanRequest : IRawRequest<RawScanResponse>
{
    bool IRawRequest.IsRead => true;

    bool IRawRequest.ReadsMuch => true;
}

/// <inheritdoc cref="IRawReply"/>
public partial class RawGetResponse : IRawReply;

/// <inheritdoc cref="IRawReply"/>
public partial class RawPutResponse : IRawReply;

/// <inheritdoc cref="IRawReply"/>
public partial class RawDeleteResponse : IRawReply;

/// <inheritdoc cref="IRawReply"/>
public partial class RawScanResponse : IRawReply;
