using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Tests.Actors.Requests;

/// <summary>A probe in the place of another store's gateway, which takes many requests in a message or does not.</summary>
internal sealed class FakeGateway
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    private readonly TestProbe _probe;
    private readonly HeldScheduler _sending = new();
    private object _last = "nothing";
    private ulong _number;

    public FakeGateway(TestKit kit, bool takesMany)
    {
        _probe = kit.CreateTestProbe();
        Link = new StoreLink(_probe.Ref, new ReplyPaths(((ExtendedActorSystem)kit.Sys).Provider, 1), _sending);
        if (takesMany) Show();
        _probe.IgnoreMessages(message => message is RequestEnvelope { Requests.Count: 0 });
    }

    /// <summary>The way to it.</summary>
    public StoreLink Link { get; }

    /// <summary>Where it is.</summary>
    public Address Address => _probe.Ref.Path.Address;

    /// <summary>Messages of many requests leave only when what is returned is disposed.</summary>
    public IDisposable HoldMessages() => _sending.Hold();

    /// <summary>The next request, by itself or the only one in its message.</summary>
    public async Task<T> NextAsync<T>() where T : class, IRoutedRequest
    {
        _last = await _probe.ExpectMsgAsync<object>(WaitTimeout);
        if (_last is not RequestEnvelope envelope) return Assert.IsType<T>(_last);
        var numbered = Assert.Single(envelope.Requests);
        _number = numbered.Number;
        return Assert.IsType<T>(numbered.Inner);
    }

    /// <summary>The next message of many requests.</summary>
    public async Task<Asked> NextMessageAsync()
    {
        var envelope = await _probe.ExpectMsgAsync<RequestEnvelope>(WaitTimeout);
        return new Asked(envelope.Requests, _probe.Sender);
    }

    /// <summary>Replies to the last request.</summary>
    public void Reply(IRawReply reply)
    {
        if (_last is RequestEnvelope) new Asked([], _probe.Sender).Reply(_number, reply);
        else _probe.Sender.Tell(reply);
    }

    /// <summary>Replies to each request, for good.</summary>
    public void ReplyToAll(Func<IRawReply> reply) => _probe.SetAutoPilot(new DelegateAutoPilot((asker, message) =>
    {
        if (message is RequestEnvelope envelope)
            foreach (var request in envelope.Requests) new Asked([], asker).Reply(request.Number, reply());
        else
            asker.Tell(reply());
        return AutoPilot.KeepRunning;
    }));

    /// <summary>What tells that the last message has not left.</summary>
    public DeadLetter NeverLeft() => new(_last, _probe.Sender, _probe.Ref);

    /// <summary>Nothing has come since.</summary>
    public Task ExpectNothingAsync() => _probe.ExpectNoMsgAsync(TimeSpan.Zero).AsTask();

    private void Show()
    {
        Link.Forget(Link.Call(new GetRequest()));
        _probe.ExpectMsg<RequestEnvelope>(WaitTimeout);
        _probe.Sender.Tell(new ReplyEnvelope());
        _probe.ExpectMsg<GetRequest>(WaitTimeout);
    }

    /// <summary>A message of requests.</summary>
    public sealed record Asked(IReadOnlyList<NumberedRequest> Requests, IActorRef Asker)
    {
        public void Reply(ulong number, IRawReply reply) =>
            Asker.Tell(new ReplyEnvelope { Replies = { NumberedReply.Of(number, reply) } });
    }
}
