using TinyKv.Actors.Messages;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core.Regions;
using TinyKv.Persistence;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>A machine with a disk and clocks, on which processes of one store come and go.</summary>
internal sealed class Machine
{
    private readonly World _world;
    private readonly TinyKvSettings _settings;
    private readonly ulong _cluster;
    private readonly Random _random;

    public Machine(World world, TinyKvSettings settings, ulong cluster, double pace, TimeSpan wallOffset)
    {
        (_world, _settings, _cluster, _random) = (world, settings, cluster, world.NewRandom());
        Clock = new SimClock(world, pace, wallOffset);
        Disk = Own = new SimDisk(world, this);
    }

    /// <summary>The store that runs here.</summary>
    public StoreId Store => _settings.StoreId;

    /// <summary>Its name in traces.</summary>
    public string Name => $"s{Store.Value}";

    /// <summary>What the process that runs now works on.</summary>
    public SimDisk Disk { get; private set; }

    /// <summary>What belongs to the store and outlives its processes.</summary>
    public SimDisk Own { get; }

    /// <summary>An old copy of <see cref="Own"/>, if one was made.</summary>
    public SimDisk? Backup { get; private set; }

    /// <summary>Whether a process runs on what does not belong to the store, or not any more.</summary>
    public bool IsImpostor => Disk != Own;

    /// <summary>Wall clock and monotonic clock.</summary>
    public SimClock Clock { get; }

    /// <summary>The process that runs now, if one does.</summary>
    public Process? Process { get; private set; }

    /// <summary>Starts the store.</summary>
    public void Start()
    {
        // The program does not start on files that have lost something; whoever starts it has put that back.
        if (Disk.Record is { Lost.Length: > 0 }) Disk.PutBackTail();
        _world.Trace.Add($"{_world.Clock} {Name} starts");
        _world.Marks.HitIf(Disk.Engine.Replaced > 0, NodeMark.InstallationResumed);
        _world.Marks.HitIf(Disk.Engine.Catalog.Records.Any(record =>
            record is { State: RegionState.Tombstone, JournalBorn: true }), NodeMark.ErasureContinued);
        _world.Marks.HitIf(Disk.Engine.Snapshots.Any(snapshot => Disk.LogOf(snapshot.Key)?.Holds(snapshot.Value) != true),
            NodeMark.SnapshotExplainedEngine);
        Process = Process.Start(_world, this, _settings, _cluster);
    }

    /// <summary>Starts the store on another disk; the next start is on its own again.</summary>
    /// <param name="disk">An old copy; null for an empty one.</param>
    public void StartOn(SimDisk? disk)
    {
        Disk = disk?.Copy() ?? new SimDisk(_world, this);
        Start();
        _world.Cluster.Rules.Impostors.Add(Disk.Record!.Incarnation);
    }

    /// <summary>The process ends; with the power, unless <paramref name="keepsPower"/>.</summary>
    public void Crash(bool keepsPower)
    {
        if (Process is null) return;
        _world.Trace.Add($"{_world.Clock} {Name} {(keepsPower ? "is killed" : "loses power")}");
        Process.Kill();
        Process = null;
        Disk.Crash(keepsPower);
        Disk = Own;
        // A copy without the snapshot that was being installed does not start, and says so.
        if (_random.Percent(30) && Own.Engine.Replaced == 0) Backup = Own.Copy();
        _world.Cluster.Network.Disconnect(this);
    }

    /// <summary>The store said that it cannot continue.</summary>
    public void Ended(Process process, object why)
    {
        _world.Trace.Add($"{_world.Clock} {Name} ends itself: {why}");
        if (process.IsDead) return;
        switch (why)
        {
            case StoreFailed when IsImpostor: _world.Marks.Hit(NodeMark.ImpostorEnded); break;
            case JournalFailed: _world.Marks.Hit(NodeMark.StoreEndedAfterFailedSync); break;
            case StoreFailed when Disk.HasGap || Disk.Record is { Lost.Length: > 0 }:
                _world.Marks.Hit(NodeMark.StoreEndedAfterDataLoss);
                break;
            case StoreFailed when process.SawEngineFail: _world.Marks.Hit(NodeMark.StoreEndedAfterFailedEngine); break;
            default: _world.Fail(Rule.NothingThrows, $"{Name} ends itself: {why}"); break;
        }
        Crash(keepsPower: true);
        Disk.PutBackTail();
        // Somebody restarts it, as service managers do.
        _world.After(TimeSpan.FromSeconds(1), () =>
        {
            if (Process is null) Start();
        });
    }

    /// <summary>Whether a fault is the reason for an error in the log.</summary>
    public bool Explains(string? text, Exception? cause) =>
        Process is { SawEngineFail: true } || cause is DiskFaultException || cause?.GetBaseException() is DiskFaultException
        || text?.Contains(DiskFaultException.Text, StringComparison.Ordinal) == true;
}

/// <summary>A disk did not do what it was asked to, because a fault was injected.</summary>
internal sealed class DiskFaultException(string what) : Exception($"{Text}: {what}")
{
    /// <summary>In every message, so that logs show it.</summary>
    public const string Text = "injected fault";
}
