using Google.Protobuf;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Kv;

// What the generated messages have in common, so that one place can check, route and execute them all.
namespace TinyKv.Protocol.Wire.Raw.V1;

/// <inheritdoc cref="IRoutedRequest"/>
public partial class GetRequest : IRoutedRequest<GetResponse>
{
    bool IRawRequest.IsRead => true;

    ByteString IRoutedRequest.RoutingKey => Key;

    IRoutedRequest IRoutedRequest.For(Context context) => new GetRequest(this) { Context = context };
}

/// <inheritdoc cref="IRoutedRequest"/>
public partial class PutRequest : IRoutedRequest<WriteResponse>
{
    bool IRawRequest.IsRead => false;

    ByteString IRoutedRequest.RoutingKey => Key;

    IRoutedRequest IRoutedRequest.For(Context context) => new PutRequest(this) { Context = context };
}

/// <inheritdoc cref="IRoutedRequest"/>
public partial class DeleteRequest : IRoutedRequest<WriteResponse>
{
    bool IRawRequest.IsRead => false;

    ByteString IRoutedRequest.RoutingKey => Key;

    IRoutedRequest IRoutedRequest.For(Context context) => new DeleteRequest(this) { Context = context };
}

/// <inheritdoc cref="IRoutedRequest"/>
public partial class BatchGetRequest : IBatchRequest, IRoutedRequest<BatchGetResponse>
{
    bool IRawRequest.IsRead => true;

    bool IRawRequest.ReadsMuch => Keys.Count > EnvelopeLimits.MaxKeysRead;

    ByteString IRoutedRequest.RoutingKey => Keys.Count > 0 ? Keys[0] : ByteString.Empty;

    IRoutedRequest IRoutedRequest.For(Context context) => new BatchGetRequest(this) { Context = context };

    int IBatchRequest.Count => Keys.Count;

    ByteString IBatchRequest.KeyAt(int place) => Keys[place];

    IRoutedRequest IBatchRequest.Only(IEnumerable<int> places) =>
        new BatchGetRequest { Keys = { places.Select(place => Keys[place]) }, Cf = Cf };

    IRawReply? IRawRequest.ReplyIn(object answer) => answer is BatchGetResponse reply
        && (reply.Values.Count == Keys.Count || reply.RegionError is not null || reply.Error.Length > 0) ? reply : null;
}

/// <inheritdoc cref="IRoutedRequest"/>
public partial class BatchPutRequest : IBatchRequest, IRoutedRequest<WriteResponse>
{
    bool IRawRequest.IsRead => false;

    ByteString IRoutedRequest.RoutingKey => Pairs.Count > 0 ? Pairs[0].Key : ByteString.Empty;

    IRoutedRequest IRoutedRequest.For(Context context) => new BatchPutRequest(this) { Context = context };

    int IBatchRequest.Count => Pairs.Count;

    ByteString IBatchRequest.KeyAt(int place) => Pairs[place].Key;

    IRoutedRequest IBatchRequest.Only(IEnumerable<int> places) =>
        new BatchPutRequest { Pairs = { places.Select(place => Pairs[place]) }, Cf = Cf };
}

/// <inheritdoc cref="IRoutedRequest"/>
public partial class BatchDeleteRequest : IBatchRequest, IRoutedRequest<WriteResponse>
{
    bool IRawRequest.IsRead => false;

    ByteString IRoutedRequest.RoutingKey => Keys.Count > 0 ? Keys[0] : ByteString.Empty;

    IRoutedRequest IRoutedRequest.For(Context context) => new BatchDeleteRequest(this) { Context = context };

    int IBatchRequest.Count => Keys.Count;

    ByteString IBatchRequest.KeyAt(int place) => Keys[place];

    IRoutedRequest IBatchRequest.Only(IEnumerable<int> places) =>
        new BatchDeleteRequest { Keys = { places.Select(place => Keys[place]) }, Cf = Cf };
}

/// <inheritdoc cref="IRoutedRequest"/>
public partial class DeleteRangeRequest : IRoutedRequest<WriteResponse>
{
    bool IRawRequest.IsRead => false;

    ByteString IRoutedRequest.RoutingKey => StartKey;

    IRoutedRequest IRoutedRequest.For(Context context) => new DeleteRangeRequest(this) { Context = context };
}

/// <inheritdoc cref="IRoutedRequest"/>
public partial class CompareAndSetRequest : IRoutedRequest<CompareAndSetResponse>
{
    bool IRawRequest.IsRead => false;

    bool IRawRequest.IsConditional => true;

    ByteString IRoutedRequest.RoutingKey => Key;

    IRoutedRequest IRoutedRequest.For(Context context) => new CompareAndSetRequest(this) { Context = context };
}

/// <inheritdoc cref="IRoutedRequest"/>
public partial class PutIfAbsentRequest : IRoutedRequest<CompareAndSetResponse>
{
    bool IRawRequest.IsRead => false;

    bool IRawRequest.IsConditional => true;

    ByteString IRoutedRequest.RoutingKey => Key;

    IRoutedRequest IRoutedRequest.For(Context context) => new PutIfAbsentRequest(this) { Context = context };
}

/// <inheritdoc cref="IRoutedRequest"/>
public partial class ScanRequest : IRoutedRequest<ScanResponse>
{
    bool IRawRequest.IsRead => true;

    bool IRawRequest.ReadsMuch => true;

    ByteString IRoutedRequest.RoutingKey => Reverse ? EndKey : StartKey;

    IRoutedRequest IRoutedRequest.For(Context context) => new ScanRequest(this) { Context = context };
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
