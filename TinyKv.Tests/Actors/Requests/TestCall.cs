using System.Collections.Concurrent;
using TinyKv.Actors.Requests;
using TinyKv.Protocol.Raw;

namespace TinyKv.Tests.Actors.Requests;

/// <summary>A call of a test.</summary>
internal sealed class TestCall(IRawRequest request, IReplySink sink, TimeSpan timeout = default)
    : RawCall(request, sink, timeout);

/// <summary>Keeps what it is given.</summary>
internal sealed class TestSink : IReplySink
{
    private readonly ConcurrentDictionary<RawCall, TaskCompletionSource<IRawReply>> _replies = new();
    private readonly ConcurrentQueue<RawCall> _twice = new();
    private readonly ConcurrentQueue<int> _sizes = new();

    /// <summary>How many replies came at a time.</summary>
    public IReadOnlyCollection<int> Sizes => _sizes;

    /// <summary>The calls that got more than one reply.</summary>
    public IReadOnlyCollection<RawCall> Twice => _twice;

    /// <summary>A call with this sink.</summary>
    public TestCall Call(IRawRequest request, TimeSpan timeout = default) => new(request, this, timeout);

    /// <summary>The reply to a call.</summary>
    public Task<IRawReply> ReplyTo(RawCall call) => SourceOf(call).Task.WaitAsync(TimeSpan.FromSeconds(20));

    /// <summary>Whether a call has its reply.</summary>
    public bool HasReplyTo(RawCall call) => SourceOf(call).Task.IsCompleted;

    public void Reply(IReadOnlyList<(RawCall Call, IRawReply Reply)> replies)
    {
        _sizes.Enqueue(replies.Count);
        foreach (var (call, reply) in replies)
        {
            if (!SourceOf(call).TrySetResult(reply)) _twice.Enqueue(call);
        }
    }

    private TaskCompletionSource<IRawReply> SourceOf(RawCall call) =>
        _replies.GetOrAdd(call, _ => new TaskCompletionSource<IRawReply>(TaskCreationOptions.RunContinuationsAsynchronously));
}
