using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Google.Protobuf;
using TinyKv.Actors.Requests;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Serialization;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Actors.Requests;

/// <summary>Another system that asks and does not read.</summary>
[Trait("lane", "slow")]
public sealed class SlowReaderTests : IAsyncLifetime
{
    private const int ValueBytes = 1024 * 1024;
    private static readonly ByteString Key = ByteString.CopyFromUtf8("k");

    private readonly TestCluster _cluster = new(1);
    private readonly OutsideSystem _slow = OutsideSystem.Start(ConfigurationFactory.ParseString(
        $$"""
        akka.actor.serializers {
          tinykv = "{{typeof(StuckSerializer).AssemblyQualifiedName}}"
          akka-misc = "{{typeof(SilentSerializer).AssemblyQualifiedName}}"
        }
        """).WithFallback(ProtocolConfig.Reference));
    private readonly OutsideSystem _other = OutsideSystem.Friendly();

    public async Task InitializeAsync()
    {
        await _cluster.StartAllAsync();
        await _cluster.LeaderAsync();
        var value = UnsafeByteOperations.UnsafeWrap(new byte[ValueBytes]);
        await _other.Gateway(_cluster[1]).Ask<WriteResponse>(
            new PutRequest { Key = Key, Value = value }, TimeSpan.FromSeconds(30));
    }

    public async Task DisposeAsync()
    {
        StuckSerializer.Free.Set();
        SilentSerializer.Free.Set();
        await _slow.DisposeAsync();
        await _other.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    // A conditional write that fails changes nothing and is answered with what it found.
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 20)]
    [InlineData(true, 20)]
    public async Task Is_refused_while_much_is_not_read_and_hurts_nobody_else(bool isConditional, int inMessage)
    {
        const int Asked = 200;
        IRoutedRequest request = isConditional
            ? new PutIfAbsentRequest { Key = Key, Value = Key } : new GetRequest { Key = Key };
        StuckSerializer.Free.Reset();
        SilentSerializer.Free.Reset();
        var gateway = _slow.Gateway(_cluster[1]);
        var answers = inMessage > 1 ? AskTogetherAsync(gateway, request, Asked, inMessage)
            : Task.WhenAll(Enumerable.Range(0, Asked).Select(_ => gateway.Ask<IRawReply>(request)));

        await AskOtherAsync();
        StuckSerializer.Free.Set();
        // The store may get to some of them only now: it is not told before all are answered that anything was read.
        var replies = await answers.WaitAsync(Timeouts.Long);

        Assert.All(replies.Where(reply => reply.RegionError is not null), reply =>
            Assert.True(reply.RegionError!.ServerIsBusy.BackoffMs > 0));
        var served = replies.Count(reply => reply.RegionError is null);
        Assert.InRange(served, 1, UnreadLimit.MaxBytes / ValueBytes + 1);
        // Once it has told that it has read, it is served again.
        SilentSerializer.Free.Set();
        await Eventually.Async(async () =>
            await gateway.Ask<GetResponse>(new GetRequest { Key = Key }, Timeouts.Long) is { RegionError: null } read
                ? read : null);
    }

    [Fact]
    public void Marks_that_were_never_given_out_are_not_believed()
    {
        var unread = new UnreadReplies(ActorRefs.Nobody, ActorRefs.Nobody, new UnreadBytes(UnreadLimit.MaxBytesOfAll));
        var reply = new GetResponse { Value = new MaybeValue { Value = ByteString.CopyFrom(new byte[ValueBytes]) } };
        while (!unread.IsFull) unread.Reply(ActorRefs.Nobody, new PutRequest(), new GetResponse(reply));

        unread.Read(-1);
        Assert.True(unread.IsFull);
        unread.Read(long.MaxValue);
        for (var i = 0; i < 2 * UnreadLimit.MaxBytes / ValueBytes; i++)
            unread.Reply(ActorRefs.Nobody, new PutRequest(), reply);

        Assert.True(unread.IsOverfull);
    }

    [Fact]
    public async Task What_may_have_been_done_is_told_however_much_is_not_read()
    {
        var unread = new UnreadReplies(ActorRefs.Nobody, ActorRefs.Nobody, new UnreadBytes(UnreadLimit.MaxBytesOfAll));
        var filler = new GetResponse { Value = new MaybeValue { Value = ByteString.CopyFrom(new byte[ValueBytes]) } };
        while (!unread.IsFull) unread.Reply(ActorRefs.Nobody, new PutRequest(), filler);
        var request = new CompareAndSetRequest();

        Assert.NotNull((await AnswerAsync(request.OutcomeUnknown())).RegionError!.StaleCommand);
        Assert.True(((CompareAndSetResponse)await AnswerAsync(new CompareAndSetResponse { Succeeded = true })).Succeeded);
        Assert.NotNull((await AnswerAsync(new CompareAndSetResponse())).RegionError!.ServerIsBusy);

        async Task<IRawReply> AnswerAsync(IRawReply reply)
        {
            var asker = new ReplyRef(null!);
            unread.Reply(asker, request, reply);
            return (IRawReply)await asker.AnswerAsync(Timeouts.Long);
        }
    }

    [Fact]
    public async Task Large_replies_are_refused_while_all_systems_together_have_not_read_too_much()
    {
        var total = new UnreadBytes(3 * ValueBytes);
        var request = new GetRequest { Key = Key };
        var large = new GetResponse { Value = new MaybeValue { Value = ByteString.CopyFrom(new byte[ValueBytes]) } };
        var slow = new UnreadReplies(ActorRefs.Nobody, ActorRefs.Nobody, total);
        Assert.False(await IsRefusedAsync(slow, large));
        Assert.False(await IsRefusedAsync(slow, large));

        var other = new UnreadReplies(ActorRefs.Nobody, ActorRefs.Nobody, total);
        Assert.True(await IsRefusedAsync(other, large));
        Assert.False(await IsRefusedAsync(other, new GetResponse()));
        slow.Close();
        Assert.False(await IsRefusedAsync(other, large));
        // What comes too late for a connection that has ended counts for nobody.
        for (var i = 0; i < 5; i++) slow.Reply(ActorRefs.Nobody, request, large);
        Assert.False(await IsRefusedAsync(other, large));
        other.Close();
        Assert.True(total.TryAdd(ValueBytes, always: false));
        Assert.True(total.TryAdd(2 * ValueBytes, always: false));

        async Task<bool> IsRefusedAsync(UnreadReplies unread, GetResponse reply)
        {
            var asker = new ReplyRef(null!);
            unread.Reply(asker, request, reply);
            return ((IRawReply)await asker.AnswerAsync(Timeouts.Long)).RegionError is not null;
        }
    }

    [Fact]
    public void While_nothing_is_sent_because_too_much_is_unread_it_is_asked_again_what_was_read()
    {
        var guardian = new Mailbox();
        var unread = new UnreadReplies(guardian, ActorRefs.Nobody, new UnreadBytes(UnreadLimit.MaxBytesOfAll));
        var filler = new GetResponse { Value = new MaybeValue { Value = ByteString.CopyFrom(new byte[ValueBytes]) } };
        while (!unread.IsOverfull) unread.Reply(ActorRefs.Nobody, new PutRequest(), filler);
        guardian.Messages.Clear();

        for (var ms = 5000; ms < 7000; ms += 100) unread.Unanswered(NoLogger.Instance, TimeSpan.FromMilliseconds(ms));

        Assert.Equal(2, guardian.Messages.Count);
        unread.Read((long)((Identify)guardian.Messages[0]).MessageId);
        Assert.True(unread.IsIdle);
    }

    private async Task<IRawReply[]> AskTogetherAsync(IActorRef gateway, IRoutedRequest request, int count, int inMessage)
    {
        using var inbox = Inbox.Create(_slow.Actors);
        for (var message = 0; message < count / inMessage; message++)
        {
            var envelope = new RequestEnvelope();
            for (var i = 0; i < inMessage; i++)
                envelope.Requests.Add(NumberedRequest.Of((ulong)(message * inMessage + i), request));
            inbox.Send(gateway, envelope);
        }
        var replies = new Dictionary<ulong, IRawReply>();
        while (replies.Count < count)
        {
            foreach (var reply in ((ReplyEnvelope)await inbox.ReceiveAsync(TimeSpan.FromSeconds(60))).Replies)
                replies.Add(reply.Number, reply.Inner!);
        }
        return [.. replies.Values];
    }

    private async Task AskOtherAsync()
    {
        for (var i = 0; i < 10; i++)
        {
            var reply = await _other.Gateway(_cluster[1]).Ask<GetResponse>(
                new GetRequest { Key = Key }, TimeSpan.FromSeconds(30));
            Assert.Null(reply.RegionError);
        }
    }
}

/// <summary>Keeps what it is told.</summary>
internal sealed class Mailbox : MinimalActorRef
{
    public List<object> Messages { get; } = [];

    public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / "mailbox";

    public override IActorRefProvider Provider => throw new InvalidOperationException("nobody asks");

    protected override void TellInternal(object message, IActorRef sender) => Messages.Add(message);
}

/// <summary>Holds up all that arrives in a system: one actor deserialises it, in its order.</summary>
internal sealed class StuckSerializer(ExtendedActorSystem system) : Akka.Serialization.SerializerWithStringManifest(system)
{
    private readonly TinyKvSerializer _inner = new(system);

    public static ManualResetEventSlim Free { get; } = new(initialState: true);

    public override int Identifier => _inner.Identifier;

    public override string Manifest(object o) => _inner.Manifest(o);

    public override byte[] ToBinary(object obj) => _inner.ToBinary(obj);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        Free.Wait(TimeSpan.FromSeconds(60));
        return _inner.FromBinary(bytes, manifest);
    }
}

/// <summary>Holds up all that a system sends from the first answer on that tells that something was read.</summary>
internal sealed class SilentSerializer(ExtendedActorSystem system) : Akka.Serialization.SerializerWithStringManifest(system)
{
    private readonly GuardedMiscSerializer _inner = new(system);

    public static ManualResetEventSlim Free { get; } = new(initialState: true);

    public override int Identifier => _inner.Identifier;

    public override string Manifest(object o) => _inner.Manifest(o);

    public override byte[] ToBinary(object obj)
    {
        if (obj is ActorIdentity) Free.Wait(TimeSpan.FromSeconds(60));
        return _inner.ToBinary(obj);
    }

    public override object FromBinary(byte[] bytes, string manifest) => _inner.FromBinary(bytes, manifest);
}
