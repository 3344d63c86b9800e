using CsCheck;
using TinyKv.Core;
using TinyKv.Core.Raft;

namespace TinyKv.Tests.Core.Raft;

public sealed class DurabilityTests
{
    [Fact]
    public void An_index_is_durable_when_the_write_that_holds_it_completes()
    {
        var durability = new Durability();
        durability.Begin(3);
        Assert.Equal(0, durability.Index);
        durability.Complete();
        Assert.Equal(3, durability.Index);
    }

    [Fact]
    public void A_write_proves_nothing_about_what_was_overwritten_meanwhile()
    {
        var durability = new Durability();
        durability.Begin(5); // 4 and 5 of one term
        durability.Truncate(4);
        durability.Begin(4); // 4 of another one
        durability.Complete();
        Assert.Equal(3, durability.Index);
        durability.Complete();
        Assert.Equal(4, durability.Index);
    }

    [Fact]
    public void An_entry_that_came_back_is_durable_only_with_its_last_write()
    {
        var durability = new Durability();
        durability.Begin(4); // A
        durability.Truncate(4);
        durability.Begin(4); // B
        durability.Truncate(4);
        durability.Begin(4); // A again
        durability.Complete();
        Assert.Equal(3, durability.Index); // A is on disk, but B is about to take its place
        durability.Complete();
        Assert.Equal(3, durability.Index);
        durability.Complete();
        Assert.Equal(4, durability.Index);
    }

    [Fact]
    public void A_record_that_was_never_handed_out_cannot_complete() =>
        Assert.Throws<InvariantViolationException>(() => new Durability().Complete());

    /// <summary>Against a model that keeps what the disk really holds.</summary>
    [Fact]
    public void The_durable_index_never_exceeds_what_disk_and_memory_agree_on() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 7]).Array[1, 60].Sample(steps =>
        {
            var durability = new Durability();
            var (memory, disk) = (new List<int>(), new List<int>());
            var writes = new Queue<(int From, int[] Versions)>();
            var version = 0;
            foreach (var (kind, at) in steps)
            {
                if (kind < 2)
                {
                    var from = Math.Min(at, memory.Count);
                    if (from < memory.Count) durability.Truncate(from + 1);
                    memory.RemoveRange(from, memory.Count - from);
                    memory.AddRange([++version, ++version]);
                    writes.Enqueue((from, [.. memory.Skip(from)]));
                    durability.Begin(memory.Count);
                }
                else if (writes.TryDequeue(out var write))
                {
                    disk.RemoveRange(write.From, Math.Max(0, disk.Count - write.From));
                    disk.AddRange(write.Versions);
                    durability.Complete();
                }

                var agreed = memory.Zip(disk, (a, b) => a == b).TakeWhile(same => same).Count();
                Assert.True(durability.Index <= agreed);
                if (writes.Count == 0) Assert.Equal(memory.Count, durability.Index);
            }
        });
}
