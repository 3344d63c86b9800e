using Akka.Dispatch;
using Google.Protobuf;
using TinyKv.Actors.Requests;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// A stream that several clients share: what they ask within a moment goes to the store in one message, as bytes, and the
/// replies come back in messages, in order. It may break, with what is on its way; a store may ask for its end.
/// </summary>
internal sealed class SimStream
{
    // Messages that gather because nobody reads them.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    private readonly World _world;
    private readonly Process _process;
    private readonly Random _random;
    private readonly EnvelopeSession _session;
    private readonly CancellationTokenSource _end = new();
    private readonly SortedDictionary<ulong, Call> _waiting = [];
    private RequestEnvelope _next = new();
    private ulong _last;
    private long _lastArrival;
    private bool _hasEnded;

    public SimStream(World world, Process process)
    {
        (_world, _process, _random) = (world, process, world.NewRandom());
        _session = new EnvelopeSession(() => process.Actors.Gateway, new UnreadBytes(UnreadLimit.MaxBytes));
        process.Tasks.Start(SendAsync);
    }

    /// <summary>Whether it takes requests.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Asks the store.</summary>
    public Task<IRawReply> AskAsync(IRoutedRequest request, CancellationToken cancellation)
    {
        var call = new Call(request, _world.Now, _random.Percent(10) ? (uint)_random.Next(1, 200) : 0);
        var numbered = NumberedRequest.Of(++_last, request);
        numbered.TimeoutMs = call.TimeoutMs;
        _waiting.Add(_last, call);
        var number = _last;
        cancellation.Register(() => Cancel(number));
        Gather(numbered);
        return call.Answer.Task;
    }

    private void Cancel(ulong number)
    {
        if (!_waiting.ContainsKey(number)) return;
        _world.Marks.Hit(NodeMark.StreamCancelled);
        Gather(new NumberedRequest { Number = number, Cancel = new Cancel() });
    }

    private void Gather(NumberedRequest request)
    {
        if (_next.Requests.Count == 0) _process.After(_random.NextDouble() * _world.Cluster.Plan.StreamWindow, Send);
        _next.Requests.Add(request);
    }

    private void Send()
    {
        var (envelope, cluster) = (_next, _world.Cluster);
        _next = new RequestEnvelope();
        if (_hasEnded) return;
        _world.Marks.HitIf(envelope.Requests.Count > 1, NodeMark.ManyInMessage);
        var breaks = !cluster.Network.IsCalm && _random.Percent(2);
        if (breaks && _random.Percent(50))
        {
            Break();
            return;
        }
        foreach (var request in envelope.Requests)
        {
            if (_waiting.TryGetValue(request.Number, out var call)) call.IsSent = true;
        }
        var bytes = envelope.ToByteArray();
        _world.Trace.Mix(Digest.Of(bytes));
        _process.Tasks.Start(() =>
        {
            Take(RequestEnvelope.Parser.ParseFrom(bytes));
            return Task.CompletedTask;
        });
        if (breaks) _process.Enqueue(new ActionRunnable(Break));
        else if (!cluster.Network.IsCalm && _random.Percent(1)) _process.Enqueue(new ActionRunnable(_session.Closing));
    }

    private void Take(RequestEnvelope envelope)
    {
        if (_hasEnded) return;
        if (_session.Take(envelope) is { } wrong) _world.Fail(Rule.NothingThrows, $"a stream is ended: {wrong}");
    }

    private async Task SendAsync()
    {
        try
        {
            await _session.SendAsync(async (envelope, end) =>
            {
                var bytes = envelope.ToByteArray();
                _world.Trace.Mix(Digest.Of(bytes));
                _lastArrival = Math.Max(_lastArrival, _world.Now + 1);
                _process.After(new TimeSpan(_lastArrival - _world.Now), () => Got(ReplyEnvelope.Parser.ParseFrom(bytes)));
                if (!_world.Cluster.Network.IsCalm && _random.Percent(2))
                    await Task.Delay(_random.NextDouble() * LongestPause, _process.Clock, end);
            }, _end.Token);
        }
        catch (OperationCanceledException) when (_hasEnded)
        {
        }
    }

    private void Got(ReplyEnvelope envelope)
    {
        if (_hasEnded) return;
        _world.Marks.HitIf(envelope.Replies.Count > 1, NodeMark.RepliesTogether);
        if (envelope.Closing)
        {
            _world.Marks.Hit(NodeMark.StreamClosing);
            IsOpen = false;
        }
        foreach (var reply in envelope.Replies)
        {
            if (!_waiting.Remove(reply.Number, out var call))
            {
                _world.Fail(Rule.NothingThrows, $"{_process.Machine.Name} replies to {reply.Number}, which nobody waits for");
                return;
            }
            Note(call, reply.Inner!);
            call.Answer.TrySetResult(reply.Inner!);
        }
    }

    private void Note(Call call, IRawReply reply)
    {
        var late = call.TimeoutMs > 0 && _world.Now - call.Asked >= TimeSpan.FromMilliseconds(call.TimeoutMs).Ticks;
        _world.Marks.HitIf(late && reply.RegionError is { StaleCommand: not null }, NodeMark.RequestOverdue);
    }

    // What was not sent is asked again, and what was is known as little as behind any connection that breaks.
    private void Break()
    {
        _hasEnded = true;
        IsOpen = false;
        _world.Marks.Hit(NodeMark.StreamBroke);
        _session.Abort();
        _end.Cancel();
        foreach (var call in _waiting.Values)
        {
            var mayBeDone = call is { IsSent: true, Request.IsRead: false };
            _world.Marks.HitIf(mayBeDone, NodeMark.StreamBrokeWithWrites);
            var reply = call.Request.NewReply();
            reply.RegionError = RegionErrors.ToWire(
                mayBeDone ? new RegionError.StaleCommand() : new RegionError.NotLeader(null, null));
            call.Answer.TrySetResult(reply);
        }
        _waiting.Clear();
    }

    private sealed class Call(IRoutedRequest request, long asked, uint timeoutMs)
    {
        public TaskCompletionSource<IRawReply> Answer { get; } = new();

        public IRoutedRequest Request => request;

        public long Asked => asked;

        public uint TimeoutMs => timeoutMs;

        public bool IsSent { get; set; }
    }
}
