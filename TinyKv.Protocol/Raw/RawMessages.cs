using Google.Protobuf;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Kv;

// What the generated messages have in common, so that one place can check, route and execute them all.
namespace TinyKv.Protocol.Wire.Raw.V1;

/// <inheritdoc cref="IRawRequest"/>
public partial class GetRequest : IRawRequest<GetResponse>
{
    bool IRawRequest.IsRead => true;

    ByteString IRawRequest.RoutingKey => Key;

    IRawRequest IRawRequest.For(Context context) => new GetRequest(this) { Context = context };
}

/// <inheritdoc cref="IRawRequest"/>
public partial class PutRequest : IRawRequest<WriteResponse>
{
    bool IRawRequest.IsRead => false;

    ByteString IRawRequest.RoutingKey => Key;

    IRawRequest IRawRequest.For(Context context) => new PutRequest(this) { Context = context };
}

/// <inheritdoc cref="IRawRequest"/>
public partial class DeleteRequest : IRawRequest<WriteResponse>
{
    bool IRawRequest.IsRead => false;

    ByteString IRawRequest.RoutingKey => Key;

    IRawRequest IRawRequest.For(Context context) => new DeleteRequest(this) { Context = context };
}

/// <inheritdoc cref="IRawRequest"/>
public partial class BatchGetRequest : IRawRequest<BatchGetResponse>
{
    bool IRawRequest.IsRead => true;

    ByteString IRawRequest.RoutingKey => Keys.Count > 0 ? Keys[0] : ByteString.Empty;

    IRawRequest IRawRequest.For(Context context) => new BatchGetRequest(this) { Context = context };
}

/// <inheritdoc cref="IRawRequest"/>
public partial class BatchPutRequest : IRawRequest<WriteResponse>
{
    bool IRawRequest.IsRead => false;

    ByteString IRawRequest.RoutingKey => Pairs.Count > 0 ? Pairs[0].Key : ByteString.Empty;

    IRawRequest IRawRequest.For(Context context) => new BatchPutRequest(this) { Context = context };
}

/// <inheritdoc cref="IRawRequest"/>
public partial class BatchDeleteRequest : IRawRequest<WriteResponse>
{
    bool IRawRequest.IsRead => false;

    ByteString IRawRequest.RoutingKey => Keys.Count > 0 ? Keys[0] : ByteString.Empty;

    IRawRequest IRawRequest.For(Context context) => new BatchDeleteRequest(this) { Context = context };
}

/// <inheritdoc cref="IRawRequest"/>
public partial class DeleteRangeRequest : IRawRequest<WriteResponse>
{
    bool IRawRequest.IsRead => false;

    ByteString IRawRequest.RoutingKey => StartKey;

    IRawRequest IRawRequest.For(Context context) => new DeleteRangeRequest(this) { Context = context };
}

/// <inheritdoc cref="IRawRequest"/>
public partial class CompareAndSetRequest : IRawRequest<CompareAndSetResponse>
{
    bool IRawRequest.IsRead => false;

    bool IRawRequest.IsConditional => true;

    ByteString IRawRequest.RoutingKey => Key;

    IRawRequest IRawRequest.For(Context context) => new CompareAndSetRequest(this) { Context = context };
}

/// <inheritdoc cref="IRawRequest"/>
public partial class PutIfAbsentRequest : IRawRequest<CompareAndSetResponse>
{
    bool IRawRequest.IsRead => false;

    bool IRawRequest.IsConditional => true;

    ByteString IRawRequest.RoutingKey => Key;

    IRawRequest IRawRequest.For(Context context) => new PutIfAbsentRequest(this) { Context = context };
}

/// <inheritdoc cref="IRawRequest"/>
public partial class ScanRequest : IRawRequest<ScanResponse>
{
    bool IRawRequest.IsRead => true;

    ByteString IRawRequest.RoutingKey => Reverse ? EndKey : StartKey;

    IRawRequest IRawRequest.For(Context context) => new ScanRequest(this) { Context = context };
}

/// <inheritdoc cref="IRawReply"/>
public partial class GetResponse : IRawReply;

/// <inheritdoc cref="IRawReply"/>
public partial class WriteResponse : IRawReply;

/// <inheritdoc cref="IRawReply"/>
public partial class BatchGetResponse : IRawReply;

/// <inheritdoc cref="IRawReply"/>
public partial class CompareAndSetResponse : IRawReply;

/// <inheritdoc cref="IRawReply"/>
public partial class ScanResponse : IRawReply;
