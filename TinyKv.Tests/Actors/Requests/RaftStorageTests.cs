using System.Buffers.Binary;
using System.Diagnostics;
using System.Threading.Channels;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Requests;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Tests.Actors.Apply;
using TinyKv.Tests.Telemetry;

namespace TinyKv.Tests.Actors.Requests;

/// <summary>Calls that come together, and a probe in the place of the regions.</summary>
public sealed class RaftStorageTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);
    private static readonly Region Region = new(
        RegionId.First, KeyRange.All, RegionEpoch.Initial, [new Peer(new PeerId(1), new StoreId(1))]);

    private readonly Channel<IReadOnlyList<StorageCall>> _done = Channel.CreateUnbounded<IReadOnlyList<StorageCall>>();
    private readonly RaftStorage _storage;
    private readonly FaultyEngine _engine = new(new MemoryEngine());

    public RaftStorageTests() : base("akka.loglevel = OFF") => _storage = new RaftStorage(TestActor);

    [Fact]
    public async Task Requests_for_two_regions_go_in_two_messages()
    {
        var other = new RegionId(2);
        Call[] calls = [Write(1), Write(2, other), Read(), Write(3)];

        _storage.Execute(calls, Done);

        var first = await ExpectMsgAsync<RegionBatch>(WaitTimeout);
        var second = await ExpectMsgAsync<RegionBatch>(WaitTimeout);
        Assert.Equal((RegionId.First, other), (first.Region, second.Region));
        Assert.Equal([calls[0], calls[2], calls[3]], first.Requests.Select(each => ((CallRef)each.Asker).Call));
        Assert.Equal([calls[1]], second.Requests.Select(each => ((CallRef)each.Asker).Call));
        Assert.IsType<Read>(first.Requests[1].Request);
    }

    [Fact]
    public async Task What_is_answered_at_the_same_time_is_done_at_the_same_time()
    {
        Call[] calls = [Write(1), Write(2), Write(3), Write(4)];
        _storage.Execute(calls, Done);
        var askers = await AskersAsync();
        var answers = new Answers();

        answers.Tell(askers[3], Written.Instance);
        answers.Tell(askers[0], new ConditionOutcome(false, [7]));
        answers.Tell(askers[1], new RegionError.StaleCommand());
        answers.Deliver();

        Assert.Equal([calls[3], calls[0], calls[1]], await DoneAsync());
        Assert.Equal(
            ["outcome 7", nameof(RegionError.StaleCommand), null, "written"], calls.Select(call => call.Told));
    }

    [Fact]
    public async Task Reads_of_one_view_are_done_together_and_release_it()
    {
        Put("k", 5);
        Call[] calls = [Read(), Read(), Read()];
        _storage.Execute(calls, Done);
        var (askers, answers) = (await AskersAsync(), new Answers());
        var view = new ReadView(Region, _engine.Snapshot());

        foreach (var asker in askers)
        {
            view.Acquire();
            answers.Tell(asker, view);
        }
        view.Release();
        answers.Deliver();

        Assert.Equal(calls, await DoneAsync());
        Assert.All(calls, call => Assert.Equal("read 5", call.Told));
        Assert.Equal(0, _engine.OpenSnapshots);
    }

    [Fact]
    public async Task A_read_that_fails_is_told_so_and_hurts_no_other()
    {
        Call[] calls = [Read(), Read()];
        calls[0].Fails = true;
        _storage.Execute(calls, Done);
        var (askers, answers) = (await AskersAsync(), new Answers());
        var view = new ReadView(Region, _engine.Snapshot());
        view.Acquire();

        foreach (var asker in askers) answers.Tell(asker, view);
        answers.Deliver();

        await DoneAsync();
        Assert.Equal(["failed", "read nothing"], calls.Select(call => call.Told));
        Assert.Equal(0, _engine.OpenSnapshots);
    }

    [Fact]
    public async Task Reads_of_many_keys_take_turns()
    {
        Call[] calls = [Read(keys: 64), Read(keys: 64), Read(keys: 64), Read(keys: 64), Read(keys: 64)];
        _storage.Execute(calls, Done);
        var (askers, answers) = (await AskersAsync(), new Answers());
        foreach (var asker in askers) answers.Tell(asker, new ReadView(Region, _engine.Snapshot()));

        answers.Deliver();

        Assert.Equal([1, 4], new[] { (await DoneAsync()).Count, (await DoneAsync()).Count }.Order());
    }

    [Fact]
    public async Task What_large_reads_hold_is_handed_over_before_more_is_read()
    {
        Put("k", new byte[600_000]);
        Call[] calls = [Read(), Read(), Read(), Read()];
        _storage.Execute(calls, Done);
        var (askers, answers) = (await AskersAsync(), new Answers());
        foreach (var asker in askers) answers.Tell(asker, new ReadView(Region, _engine.Snapshot()));

        answers.Deliver();

        Assert.Equal(calls[..2], await DoneAsync());
        Assert.Equal(calls[2..], await DoneAsync());
    }

    [Fact]
    public async Task A_call_that_cannot_be_encoded_fails_alone()
    {
        var large = new Call(RegionId.First)
        {
            Batch = [new Modify.Put(ColumnFamily.Default, "k"u8.ToArray(), new byte[Limits.MaxEntryBytes + 1])],
        };

        _storage.Execute([large, Write(1)], Done);

        Assert.Equal([large], await DoneAsync());
        Assert.Equal("failed", large.Told);
        Assert.Single(await AskersAsync());
    }

    [Fact]
    public async Task Whatever_the_order_and_the_threads_of_answers_each_call_gets_its_own()
    {
        const int Count = 1000, Threads = 4;
        var calls = Enumerable.Range(0, Count).Select(i => Write(i)).ToArray();
        _storage.Execute(calls, Done);
        var askers = (await AskersAsync()).Select((asker, i) => (asker, i)).ToArray();
        Random.Shared.Shuffle(askers);

        Parallel.For(0, Threads, thread =>
        {
            var answers = new Answers();
            foreach (var (asker, i) in askers.Where(each => each.i % Threads == thread))
            {
                answers.Tell(asker, new ConditionOutcome(true, [.. BitConverter.GetBytes(i)]));
                if (i % 7 == 0) answers.Deliver();
            }
            answers.Deliver();
        });

        var done = new List<StorageCall>();
        while (done.Count < Count) done.AddRange(await DoneAsync());
        Assert.Equal(Count, done.Distinct().Count());
        for (var i = 0; i < Count; i++) Assert.Equal($"outcome {i}", calls[i].Told);
    }

    [Fact]
    public async Task Each_traced_write_belongs_to_its_own_caller()
    {
        var (one, other) = (Caller(), Caller());
        using var recorder = new SpanRecorder([one.TraceId, other.TraceId]);

        _storage.Execute([Write(1, trace: one), Write(2, trace: other)], Done);

        Assert.Null(Activity.Current);
        var spans = (await ExpectMsgAsync<RegionBatch>(WaitTimeout)).Requests
            .Select(each => ((Propose)each.Request).Span!).ToArray();
        Assert.Equal([one.SpanId, other.SpanId], spans.Select(span => span.ParentSpanId));
        Assert.Equal([one.TraceId, other.TraceId], spans.Select(span => span.TraceId));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _engine.Dispose();
    }

    private static ActivityContext Caller() => new(
        ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);

    private async Task<IActorRef[]> AskersAsync() =>
        [.. (await ExpectMsgAsync<RegionBatch>(WaitTimeout)).Requests.Select(each => each.Asker)];

    private void Done(IReadOnlyList<StorageCall> done) => _done.Writer.TryWrite(done);

    private async Task<IReadOnlyList<StorageCall>> DoneAsync()
    {
        using var limit = new CancellationTokenSource(WaitTimeout);
        return await _done.Reader.ReadAsync(limit.Token);
    }

    private static Call Write(int value, RegionId? region = null, ActivityContext trace = default) =>
        new(region ?? RegionId.First)
        {
            Batch = [new Modify.Put(ColumnFamily.Default, "k"u8.ToArray(), BitConverter.GetBytes(value))],
            Trace = trace,
        };

    private static Call Read(int keys = 1) => new(RegionId.First) { Keys = keys };

    private void Put(string key, params byte[] value)
    {
        using var batch = _engine.NewBatch();
        batch.Put(ColumnFamily.Default, System.Text.Encoding.UTF8.GetBytes(key), value);
        _engine.Write(batch, sync: false);
    }

    /// <summary>Remembers what it was told.</summary>
    private sealed class Call(RegionId region) : StorageCall(
        new RequestContext(region, RegionEpoch.Initial, new Peer(new PeerId(1), new StoreId(1)), 0))
    {
        public string? Told { get; private set; }

        public bool Fails { get; set; }

        public override void Refuse(RegionError refusal) => Tell(refusal.GetType().Name);

        public override void Written(ConditionOutcome? outcome) =>
            Tell(outcome is null ? "written" : $"outcome {NumberIn(outcome.Previous!)}");

        public override void Read(IStorageReader reader)
        {
            if (Fails) throw new StorageFailedException("the disk is gone");
            Tell($"read {(reader.GetCF(ColumnFamily.Default, "k"u8) is { } value ? NumberIn(value) : "nothing")}");
        }

        public override void Fail(Exception failure) => Tell("failed");

        private static string NumberIn(byte[] value) =>
            $"{(value.Length == 1 ? value[0] : BinaryPrimitives.ReadInt32LittleEndian(value))}";

        private void Tell(string what)
        {
            Assert.Null(Told);
            Told = what;
        }
    }
}
