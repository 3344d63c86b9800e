using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Google.Protobuf;
using TinyKv.Client;
using TinyKv.Client.Remoting;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Serialization;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Client;

/// <summary>Over Akka.Remote, to a store that takes as many requests as it may be sent and answers none.</summary>
[Trait("lane", "slow")]
public sealed class UnsentRequestTests : IAsyncLifetime
{
    private static readonly ByteString Key = ByteString.CopyFromUtf8("k");

    private readonly ConcurrentQueue<object> _received = new();
    private readonly ActorSystem _store = ActorSystem.Create("tinykv", ConfigurationFactory.ParseString("""
        akka { loglevel = OFF, stdout-loglevel = OFF, actor.provider = remote }
        akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0, maximum-frame-size = 16MiB }
        """).WithFallback(ProtocolConfig.Reference));
    private readonly string _address;

    public UnsentRequestTests()
    {
        _store.ActorOf(Props.Create(() => new Gateway(_received)), "gateway");
        var at = ((ExtendedActorSystem)_store).Provider.DefaultAddress;
        _address = $"{at.Host}:{at.Port}";
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _store.Terminate();

    [Fact]
    public async Task A_write_that_still_waits_for_its_turn_at_the_deadline_was_not_done()
    {
        await using var caller = new RemotingCaller(new TinyKvRemotingOptions { Endpoints = [_address] });
        // That of the others is later: where they give up there is room.
        using var deadline = new CancellationTokenSource();
        using var later = new CancellationTokenSource();
        var sent = await FillAsync(caller, later.Token);
        var waiting = caller.CallAsync(_address, new DeleteRequest { Key = Key }, deadline.Token);

        await deadline.CancelAsync();

        await Assert.ThrowsAsync<NeverSentException>(() => waiting);
        await later.CancelAsync();
        foreach (var put in sent)
            Assert.IsNotType<NeverSentException>(await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put));
        Assert.DoesNotContain(_received, request => request is DeleteRequest);
    }

    // As many writes as may be under way.
    private async Task<List<Task<WriteResponse>>> FillAsync(RemotingCaller caller, CancellationToken cancellation)
    {
        // Until the store has shown that it takes many in a message.
        await Eventually.Async(async () =>
        {
            await caller.CallAsync(_address, new GetRequest { Key = Key }, Timeouts.Long);
            return _received.Any(request => request is RequestEnvelope) ? this : null;
        });
        var calls = Enumerable.Range(0, Outbox.MaxInFlight)
            .Select(_ => caller.CallAsync(_address, new PutRequest { Key = Key, Value = Key }, cancellation)).ToList();
        await Eventually.True(() => _received.Count(request => request is PutRequest) == calls.Count);
        return calls;
    }

    /// <summary>Acknowledges messages of many requests, and answers requests that come alone.</summary>
    private sealed class Gateway(ConcurrentQueue<object> received) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            received.Enqueue(message);
            if (message is RequestEnvelope envelope)
            {
                foreach (var request in envelope.Requests) received.Enqueue(request.Inner!);
                Sender.Tell(new ReplyEnvelope());
            }
            else if (message is GetRequest)
            {
                Sender.Tell(new GetResponse());
            }
        }
    }
}
