using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Persistence.Checking;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Snapshots;
using TinyKv.Tests.Actors.Node;
using TinyKv.Tests.Persistence.Snapshots;

namespace TinyKv.Tests.Persistence.Checking;

/// <summary>What a check and a start say of a store that was stopped while it installed a snapshot.</summary>
[Trait("lane", "slow")]
public sealed class SnapshotCheckTests : IAsyncLifetime
{
    private readonly TestCluster _cluster = new(1);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    private string Store { get; set; } = "";

    [Fact]
    public async Task An_engine_that_a_snapshot_has_put_ahead_of_its_journal_is_sound_and_without_the_record_it_is_not()
    {
        await StoppedAsync();
        Install(steps: int.MaxValue);
        Assert.True(StoreCheck.Run(Store).IsSound);

        using (var engine = RocksEngine.Open(Path.Combine(Store, "data")))
        {
            new SnapshotInstaller(engine, new SnapshotDirectory(Path.Combine(Store, "snapshots"))).Finish(RegionId.First);
            engine.Close();
        }

        var report = StoreCheck.Run(Store);
        Assert.Contains(report.Parts, part => part.State == PartState.Damaged
            && part.Details.Any(detail => detail.Contains("entries are lost", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_installation_that_was_interrupted_is_sound_as_long_as_its_snapshot_is_there()
    {
        await StoppedAsync();
        Install(steps: 3);
        Assert.True(StoreCheck.Run(Store).IsSound);

        Directory.Delete(Path.Combine(Store, "snapshots"), recursive: true);

        var report = StoreCheck.Run(Store);
        Assert.Contains(report.Parts, part => part.State == PartState.Damaged
            && part.Details.Any(detail => detail.Contains("being replaced by a snapshot", StringComparison.Ordinal)));
        var refusal = await Assert.ThrowsAnyAsync<TinyKvException>(() => _cluster.StartAsync(1));
        Assert.Contains("being replaced by a snapshot", refusal.Message, StringComparison.Ordinal);
    }

    private async Task StoppedAsync()
    {
        Store = (await _cluster.StartAsync(1)).Settings.DataDirectory;
        await _cluster.PutAsync("key", [1]);
        await _cluster.StopAsync(1);
    }

    private void Install(int steps)
    {
        using var engine = RocksEngine.Open(Path.Combine(Store, "data"));
        var staging = new SnapshotDirectory(Path.Combine(Store, "snapshots"));
        var record = Recorded(engine);
        using (var assembly = new SnapshotAssembly(staging, new SnapshotHeader(record.Region, new LogPosition(10_000, 900))))
        {
            var pair = new SnapshotPair("new"u8.ToArray(), "value"u8.ToArray());
            assembly.Add(new SnapshotChunk(
                assembly.Header.Applied, assembly.At, [pair], new SnapshotCursor(ColumnFamily.Write, pair.Key, 1, pair.Bytes),
                IsLast: true));
            var staged = assembly.Complete();
            try
            {
                new SnapshotInstaller(new CutEngine(engine, steps), staging).Install(staged, record);
            }
            catch (CutEngine.KilledException)
            {
                // As it was asked for.
            }
        }
        engine.Close();
    }

    private static RegionRecord Recorded(RocksEngine engine)
    {
        using var snapshot = engine.Snapshot();
        return MetaRecords.ReadAll(snapshot).Single(record => record.Region.Id == RegionId.First);
    }
}
