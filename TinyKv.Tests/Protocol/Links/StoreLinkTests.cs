using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Google.Protobuf;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Tests.Protocol.Links;

/// <summary>A link to a probe in the place of a store's gateway.</summary>
public sealed class StoreLinkTests : TestKit
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly PutRequest Put = new() { Key = ByteString.CopyFromUtf8("k") };

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private readonly ManualTime _time = new();
    private readonly TestProbe _store;
    private readonly StoreLink _link;

    public StoreLinkTests() : base("akka.loglevel = OFF")
    {
        _store = CreateTestProbe();
        _link = new StoreLink(_store.Ref, new ReplyPaths(((ExtendedActorSystem)Sys).Provider, 1), time: _time);
    }

    [Fact]
    public async Task A_store_is_asked_singly_until_it_has_shown_that_it_takes_many()
    {
        var single = _link.Call(Put);
        Assert.Empty((await _store.ExpectMsgAsync<RequestEnvelope>(Limit)).Requests);
        var asker = _store.Sender;
        await _store.ExpectMsgAsync<PutRequest>(Limit);
        _store.Sender.Tell(new WriteResponse { Error = "by itself" });
        Assert.Equal("by itself", await ErrorAsync(single));

        asker.Tell(new ReplyEnvelope());
        var together = _link.Call(Put);

        var sent = Assert.Single((await _store.ExpectMsgAsync<RequestEnvelope>(Limit)).Requests);
        _store.Sender.Tell(Reply((sent.Number, "with others")));
        Assert.Equal("with others", await ErrorAsync(together));
    }

    [Fact]
    public async Task Requests_gather_while_two_messages_are_on_their_way()
    {
        await ShowAsync();
        var asker = await FillWindowAsync();
        for (var i = 0; i < 5; i++) _link.Call(Put);
        await _store.ExpectNoMsgAsync(Moment);

        asker.Tell(new ReplyEnvelope());

        Assert.Equal(5, (await SentAsync()).Requests.Count);
    }

    [Fact]
    public async Task An_acknowledgement_that_is_lost_is_not_waited_for_for_ever()
    {
        await ShowAsync();
        await FillWindowAsync();
        _link.Call(Put);
        await _store.ExpectNoMsgAsync(Moment);

        _time.Pass(TimeSpan.FromSeconds(1));

        Assert.Single((await SentAsync()).Requests);
    }

    [Fact]
    public async Task A_store_that_never_acknowledges_is_not_waited_for()
    {
        await ShowAsync();

        for (var i = 0; i < 5; i++)
        {
            _link.Call(Put);
            Assert.Single((await _store.ExpectMsgAsync<RequestEnvelope>(Limit)).Requests);
        }
    }

    [Fact]
    public async Task After_a_connection_that_broke_nothing_is_waited_for()
    {
        await ShowAsync();
        await FillWindowAsync();

        _link.Break();
        await ShowAsync();
        _link.Call(Put);

        Assert.Single((await SentAsync()).Requests);
    }

    private async Task<IActorRef> FillWindowAsync()
    {
        _link.Call(Put);
        await SentAsync();
        for (var i = 0; i < 2; i++)
        {
            _link.Call(Put);
            Assert.True((await _store.ExpectMsgAsync<RequestEnvelope>(Limit)).Acknowledge);
        }
        return _store.Sender;
    }

    // A store acknowledges what it takes.
    private async Task<RequestEnvelope> SentAsync()
    {
        var envelope = await _store.ExpectMsgAsync<RequestEnvelope>(Limit);
        if (envelope.Acknowledge) _store.Sender.Tell(new ReplyEnvelope());
        return envelope;
    }

    // Akka's own names begin again with the process.
    [Fact]
    public async Task A_reply_to_an_earlier_start_reaches_nobody_of_the_next()
    {
        using var earlier = ActorSystem.Create("same", "akka.loglevel = OFF");
        using var next = ActorSystem.Create("same", "akka.loglevel = OFF");
        Assert.NotEqual(PathsOf(earlier, 1), PathsOf(next, 2));
        await Task.WhenAll(earlier.Terminate(), next.Terminate());

        static ActorPath[] PathsOf(ActorSystem system, ulong start)
        {
            var paths = new ReplyPaths(((ExtendedActorSystem)system).Provider, start);
            var replies = new LinkReplies(paths, _ => { }, _ => { });
            return [replies.Path, new StoreLink(ActorRefs.Nobody, paths).Send(new StoreStatusRequest()).Path];
        }
    }

    [Fact]
    public async Task A_store_that_does_not_know_messages_of_many_is_served_all_the_same_and_rarely_asked()
    {
        for (var i = 0; i < 20; i++) _link.Call(Put);

        var messages = new List<object>();
        while (messages.Count(message => message is PutRequest) < 20)
            messages.Add(await _store.ExpectMsgAsync<object>(Limit));
        Assert.IsType<RequestEnvelope>(Assert.Single(messages, message => message is not PutRequest));
    }

    [Fact]
    public async Task Each_caller_gets_its_own_reply_and_foreign_numbers_are_ignored()
    {
        await ShowAsync();
        var calls = Enumerable.Range(0, 50).Select(_ => _link.Call(Put)).ToList();

        var numbers = new List<ulong>();
        while (numbers.Count < calls.Count)
        {
            var envelope = await SentAsync();
            numbers.AddRange(envelope.Requests.Select(request => request.Number));
        }
        _store.Sender.Tell(Reply([(0, "nobody's"), (ulong.MaxValue, "nobody's"), .. numbers.Select(n => (n, $"{n}")).Reverse()]));

        for (var i = 0; i < calls.Count; i++) Assert.Equal($"{numbers[i]}", await ErrorAsync(calls[i]));
    }

    [Fact]
    public async Task What_never_left_was_not_done()
    {
        var events = Sys.ActorOf(LinkEvents.Props(_ => { }));
        await events.Ask<ActorIdentity>(new Identify(null), Limit); // it listens by now
        await ShowAsync();
        var call = _link.Call(Put);
        var unsent = await SentAsync();

        Sys.EventStream.Publish(new DeadLetter(unsent, _store.Sender, _store.Ref));

        Assert.False((await FailureAsync(call)).MayBeDone);
    }

    [Fact]
    public async Task What_never_left_makes_room_for_what_waits()
    {
        var events = Sys.ActorOf(LinkEvents.Props(_ => { }));
        await events.Ask<ActorIdentity>(new Identify(null), Limit); // it listens by now
        await ShowAsync();
        for (var i = 0; i < Outbox.MaxInFlight + 9; i++) _link.Call(Put);
        var unsent = new List<RequestEnvelope>();
        while (unsent.Sum(envelope => envelope.Requests.Count) < Outbox.MaxInFlight)
            unsent.Add(await SentAsync());
        var asker = _store.Sender;

        foreach (var envelope in unsent) Sys.EventStream.Publish(new DeadLetter(envelope, asker, _store.Ref));

        var rest = 0;
        while (rest < 9) rest += (await SentAsync()).Requests.Count;
        Assert.Equal(9, rest);
    }

    [Fact]
    public async Task What_was_on_its_way_when_the_connection_broke_may_be_done_and_the_store_is_asked_singly_again()
    {
        await ShowAsync();
        var call = _link.Call(Put);
        await SentAsync();

        _link.Break();

        Assert.True((await FailureAsync(call)).MayBeDone);
        _link.Call(Put);
        Assert.Empty((await _store.ExpectMsgAsync<RequestEnvelope>(Limit)).Requests);
        await _store.ExpectMsgAsync<PutRequest>(Limit);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reply_that_got_lost_takes_no_room_once_nobody_waits_for_it(bool isCancelled)
    {
        await ShowAsync();
        for (var round = 0; round < 3; round++)
        {
            var calls = Enumerable.Range(0, 1000).Select(_ => _link.Call(Put)).ToList();
            var sent = 0;
            while (sent < calls.Count) sent += (await SentAsync()).Requests.Count;
            foreach (var call in calls)
            {
                if (isCancelled)
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.ReplyAsync(new(canceled: true)));
                _link.Forget(call);
            }
        }
    }

    [Fact]
    public async Task A_link_is_silent_while_something_is_asked_and_nothing_comes_back()
    {
        await ShowAsync();
        Assert.Equal(TimeSpan.Zero, _link.Silence);
        _link.Call(Put);
        var number = Assert.Single((await _store.ExpectMsgAsync<RequestEnvelope>(Limit)).Requests).Number;
        _time.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(2), _link.Silence);

        _store.Sender.Tell(Reply((number, "")));

        Assert.Equal(TimeSpan.Zero, _link.Silence);
    }

    /// <summary>The store shows that it takes many requests in a message.</summary>
    private async Task ShowAsync()
    {
        _link.Forget(_link.Call(Put));
        await SentAsync();
        _store.Sender.Tell(new ReplyEnvelope());
        await _store.ExpectMsgAsync<PutRequest>(Limit);
    }

    private static ReplyEnvelope Reply(params (ulong Number, string Error)[] replies) => new()
    {
        Replies = { replies.Select(reply => NumberedReply.Of(reply.Number, new WriteResponse { Error = reply.Error })) },
    };

    private static async Task<string> ErrorAsync(ILinkCall call) => ((WriteResponse)await call.Reply.WaitAsync(Limit)).Error;

    private static Task<LinkFailedException> FailureAsync(ILinkCall call) =>
        Assert.ThrowsAsync<LinkFailedException>(() => call.Reply.WaitAsync(Limit));
}
