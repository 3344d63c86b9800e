using System.Text;
using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol.Commands;

namespace TinyKv.Tests.Actors.Apply;

/// <summary>Commands whose effect depends on the state, and ranges: what they do when they are applied.</summary>
public sealed class ConditionalCommandTests() : ApplyActorKit(start: "b")
{
    [Fact]
    public async Task A_condition_sees_what_earlier_entries_of_the_same_batch_wrote()
    {
        var kv = await StartAsync(expected: 5);

        var answers = await ApplyAsync(kv, Put("c", "1"), PutIf("c", "1", "2"), PutIf("c", "1", "3"), PutIf("c", "2", "4"));

        Assert.IsType<Written>(answers[0]);
        AssertOutcome(answers[1], true, "1");
        AssertOutcome(answers[2], false, "2");
        AssertOutcome(answers[3], true, "2");
        Assert.Equal("4", Value("c"));
    }

    [Fact]
    public async Task A_condition_sees_a_delete_and_a_deleted_range_of_the_same_batch()
    {
        var kv = await StartAsync(expected: 5);

        var answers = await ApplyAsync(kv,
            Put("c", "1"), Encode([new Modify.Delete(ColumnFamily.Default, Bytes("c"))]), PutIf("c", null, "2"),
            Encode([new Modify.DeleteRange(ColumnFamily.Default, new KeyRange(Bytes("b"), Bytes("d")))]),
            PutIf("c", null, "3"));

        AssertOutcome(answers[2], true, null);
        AssertOutcome(answers[4], true, null);
        Assert.Equal("3", Value("c"));
    }

    [Fact]
    public async Task An_empty_value_is_not_the_absence_of_one()
    {
        var kv = await StartAsync(expected: 5);

        var answers = await ApplyAsync(kv, PutIf("c", "", "1"), Put("c", ""), PutIf("c", null, "2"), PutIf("c", "", "3"));

        AssertOutcome(answers[0], false, null);
        AssertOutcome(answers[2], false, "");
        AssertOutcome(answers[3], true, "");
    }

    [Fact]
    public async Task Plain_writes_share_one_engine_write_and_a_condition_cuts_it()
    {
        var kv = await StartAsync(expected: 5);

        await ApplyAsync(kv, Put("c", "1"), Put("d", "1"), Put("e", "1"));
        Assert.Equal(1, Engine.Writes);
        await ApplyAsync(kv, Put("c", "2"), PutIf("c", "2", "3"), Put("d", "2"));
        Assert.Equal(3, Engine.Writes);
        await ApplyAsync(kv, PutIf("c", "3", "4"));
        Assert.Equal(4, Engine.Writes);
    }

    [Fact]
    public async Task After_a_stop_between_the_parts_of_a_batch_no_condition_is_decided_twice()
    {
        var kv = await StartAsync(expected: 5);
        Watch(kv);
        // The first part reaches up to the first condition; the engine fails before the second is written.
        Engine.FailsAfter = 1;
        kv.Tell(Entries(Put("c", "1"), PutIf("c", "1", "2"), PutIf("c", "2", "1")));
        await ExpectTerminatedAsync(kv, WaitTimeout);
        Engine.FailsAfter = null;
        Assert.Equal("1", Value("c"));

        var again = await StartAsync(expected: 6);
        var answers = await ApplyAsync(again, PutIf("c", "1", "2"), PutIf("c", "2", "3"));

        AssertOutcome(answers[0], true, "1");
        AssertOutcome(answers[1], true, "2");
        Assert.Equal("3", Value("c"));
    }

    [Fact]
    public async Task A_restart_does_not_apply_a_condition_that_its_own_effect_made_true_again()
    {
        var kv = await StartAsync(expected: 5);
        await ApplyAsync(kv, Put("c", "1"), PutIf("c", "1", "2"), PutIf("c", "2", "1"));
        Watch(kv);
        Sys.Stop(kv);
        await ExpectTerminatedAsync(kv, WaitTimeout);

        await StartAsync(expected: 8);

        Assert.Equal("1", Value("c"));
    }

    [Fact]
    public async Task Replicas_that_cut_the_log_differently_decide_equally()
    {
        byte[][] log =
        [
            Put("c", "1"), PutIf("c", "1", "2"), Put("d", "1"), PutIf("d", null, "2"), PutIf("c", "2", "3"),
            Encode([new Modify.DeleteRange(ColumnFamily.Default, new KeyRange(Bytes("d"), default))]), PutIf("d", null, "3"),
        ];
        var atOnce = await StartAsync(expected: 5);
        await ApplyAsync(atOnce, log);
        var expected = (Value("c"), Value("d"));

        using var other = new FaultyEngine(new MemoryEngine());
        var oneByOne = await StartAsync(expected: 5, other);
        foreach (var command in log) await ApplyAsync(oneByOne, command);

        Assert.Equal(("3", "3"), expected);
        Assert.Equal(expected, (Value("c", other), Value("d", other)));
    }

    [Theory]
    [InlineData("a", "c")]
    [InlineData("c", "z")]
    [InlineData("", "c")]
    public async Task A_range_that_leaves_the_region_is_refused_and_nothing_is_deleted(string start, string end)
    {
        var kv = await StartAsync(expected: 5);

        var answers = await ApplyAsync(kv, Put("c", "1"),
            Encode([new Modify.DeleteRange(ColumnFamily.Default, new KeyRange(Bytes(start), Bytes(end)))]));

        Assert.IsType<RegionError.KeyNotInRegion>(answers[1]);
        Assert.Equal("1", Value("c"));
    }

    [Fact]
    public async Task A_range_without_an_end_ends_with_the_region()
    {
        var kv = await StartAsync(expected: 5);
        using (var neighbour = Engine.NewBatch())
        {
            neighbour.Put(ColumnFamily.Default, Bytes("z"), Bytes("1"));
            Engine.Write(neighbour, sync: false);
        }

        var answers = await ApplyAsync(kv, Put("c", "1"),
            Encode([new Modify.DeleteRange(ColumnFamily.Default, new KeyRange(Bytes("b"), default))]));

        Assert.IsType<Written>(answers[1]);
        Assert.Null(Value("c"));
        Assert.Equal("1", Value("z"));
    }

    [Fact]
    public async Task A_condition_on_a_key_outside_the_region_is_refused_at_apply()
    {
        var kv = await StartAsync(expected: 5);

        var answers = await ApplyAsync(kv, CommandCodec.Encode(new WriteCommand(
            1, [], new Condition(ColumnFamily.Default, Bytes("z"), null))));

        Assert.IsType<RegionError.KeyNotInRegion>(answers[0]);
    }

    private ApplyEntries Entries(params byte[][] commands)
    {
        var first = Next;
        Next += commands.Length;
        return new ApplyEntries([.. commands.Select((command, i) =>
            new Entry(new LogPosition(first + i, 6), EntryKind.Command, command))]);
    }

    private async Task<List<object>> ApplyAsync(IActorRef kv, params byte[][] commands)
    {
        var asker = CreateTestProbe();
        var entries = Entries(commands);
        kv.Tell(new TrackProposals(
            [.. entries.Entries.Select(entry => new PendingProposal(entry.Position, asker.Ref))]));
        kv.Tell(entries, TestActor);
        await ExpectMsgAsync(new EntriesApplied(Next - 1), WaitTimeout);
        var answers = new List<object>();
        while (answers.Count < commands.Length) answers.Add(await asker.ReceiveOneAsync(WaitTimeout));
        return answers;
    }

    private static void AssertOutcome(object answer, bool succeeded, string? previous)
    {
        var outcome = Assert.IsType<ConditionOutcome>(answer);
        Assert.Equal(succeeded, outcome.Succeeded);
        Assert.Equal(previous, outcome.Previous is { } value ? Encoding.UTF8.GetString(value) : null);
    }

    private static byte[] Put(string key, string value) =>
        Encode([new Modify.Put(ColumnFamily.Default, Bytes(key), Bytes(value))]);

    private static byte[] PutIf(string key, string? expected, string value) => CommandCodec.Encode(new WriteCommand(
        1, [new Modify.Put(ColumnFamily.Default, Bytes(key), Bytes(value))],
        new Condition(ColumnFamily.Default, Bytes(key), expected is null ? null : (ReadOnlyMemory<byte>?)Bytes(expected))));

    private static byte[] Encode(Modify[] batch) => CommandCodec.Encode(new WriteCommand(1, batch));
}
