using Google.Protobuf;
using TinyKv.Protocol.Wire.Kv;

namespace TinyKv.Protocol.Raw;

/// <summary>A request for raw keys and values, of the raw API or of the TinyKV protocol: what a gateway takes.</summary>
public interface IRawRequest : IMessage
{
    /// <summary>The replica that the request is for; null: it names none.</summary>
    Context? Context { get; }

    /// <summary>The column family; empty: default.</summary>
    string Cf { get; }

    /// <summary>Whether it changes nothing, so that it may be done again.</summary>
    bool IsRead { get; }

    /// <summary>Whether it may read so much that it would hold up what is done together with it.</summary>
    bool ReadsMuch => false;

    /// <summary>Whether it is a write that looks first, so that doing it again may give another answer.</summary>
    bool IsConditional => false;

    /// <summary>An empty reply of the right type.</summary>
    IRawReply NewReply();

    /// <summary>The answer, if it is one to this request.</summary>
    IRawReply? ReplyIn(object answer);
}

/// <summary>A request that is answered with a <typeparamref name="TReply"/>.</summary>
public interface IRawRequest<TReply> : IRawRequest where TReply : class, IRawReply, new()
{
    IRawReply IRawRequest.NewReply() => new TReply();

    IRawReply? IRawRequest.ReplyIn(object answer) => answer as TReply;
}

/// <summary>
/// A request of the raw API, the same message over gRPC and to the gateway actor. It need not name a replica: without a
/// context any store takes it and finds the leader.
/// </summary>
public interface IRoutedRequest : IRawRequest
{
    /// <summary>A key of the region that the request belongs to. Only the upper bound of a reverse walk is not in
    /// it.</summary>
    ByteString RoutingKey { get; }

    /// <summary>The same request for one replica.</summary>
    IRoutedRequest For(Context context);
}

/// <summary>A request for many keys, each by itself.</summary>
public interface IBatchRequest : IRoutedRequest
{
    /// <summary>How many.</summary>
    int Count { get; }

    /// <summary>The key at a place.</summary>
    ByteString KeyAt(int place);

    /// <summary>The same for some of the keys, and for no certain replica.</summary>
    IRoutedRequest Only(IEnumerable<int> places);
}

/// <summary>A request of the raw API that is answered with a <typeparamref name="TReply"/>.</summary>
public interface IRoutedRequest<TReply> : IRoutedRequest, IRawRequest<TReply> where TReply : class, IRawReply, new();

/// <summary>The answer to a raw request.</summary>
public interface IRawReply : IMessage, IRegionReply
{
    /// <summary>Why the request can never succeed; empty when it can.</summary>
    string Error { get; set; }
}
