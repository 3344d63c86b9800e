using System.Diagnostics;
using Grpc.Core;
using TinyKv.Protocol.Raw;

// One request or reply of many in a message, and what is in it.
namespace TinyKv.Protocol.Wire.Raw.V1;

/// <summary>A request with the number that its reply has.</summary>
public partial class NumberedRequest
{
    /// <summary>The request; null when there is none, a <see cref="V1.Cancel"/>, or one that this version does not
    /// know.</summary>
    public IRoutedRequest? Inner => request_ as IRoutedRequest;

    /// <summary>A request under a number.</summary>
    public static NumberedRequest Of(ulong number, IRoutedRequest request) => new()
    {
        number_ = number,
        request_ = request,
        requestCase_ = request switch
        {
            GetRequest => RequestOneofCase.Get,
            PutRequest => RequestOneofCase.Put,
            DeleteRequest => RequestOneofCase.Delete,
            BatchGetRequest => RequestOneofCase.BatchGet,
            BatchPutRequest => RequestOneofCase.BatchPut,
            BatchDeleteRequest => RequestOneofCase.BatchDelete,
            DeleteRangeRequest => RequestOneofCase.DeleteRange,
            CompareAndSetRequest => RequestOneofCase.CompareAndSet,
            PutIfAbsentRequest => RequestOneofCase.PutIfAbsent,
            ScanRequest => RequestOneofCase.Scan,
            _ => throw new UnreachableException($"{request.GetType()} has no number in {nameof(NumberedRequest)}"),
        },
    };
}

/// <summary>A reply with its request's number.</summary>
public partial class NumberedReply
{
    /// <summary>The reply; null when there is none, a <see cref="V1.Failure"/>, or one that this version does not
    /// know.</summary>
    public IRawReply? Inner => reply_ as IRawReply;

    /// <summary>The reply to the request with a number.</summary>
    public static NumberedReply Of(ulong number, IRawReply reply) => new()
    {
        number_ = number,
        reply_ = reply,
        replyCase_ = reply switch
        {
            GetResponse => ReplyOneofCase.Get,
            WriteResponse => ReplyOneofCase.Write,
            BatchGetResponse => ReplyOneofCase.BatchGet,
            CompareAndSetResponse => ReplyOneofCase.CompareAndSet,
            ScanResponse => ReplyOneofCase.Scan,
            _ => throw new UnreachableException($"{reply.GetType()} has no number in {nameof(NumberedReply)}"),
        },
    };

    /// <summary>What would have been the status of a single call.</summary>
    public static NumberedReply Failed(ulong number, StatusCode code, string message) => new()
    {
        Number = number,
        Failure = new Failure { Code = (uint)code, Message = message },
    };

    /// <summary>The reply to a request that has no <see cref="NumberedRequest.Inner"/> and cancels nothing.</summary>
    public static NumberedReply Unknown(ulong number) =>
        Failed(number, StatusCode.Unimplemented, "the request is of no kind that this version knows");
}
