using TinyKv.Actors.Messages;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Persistence;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>A machine with a disk and clocks, on which processes of one store come and go.</summary>
internal sealed class Machine
{
    private readonly World _world;
    private readonly ulong _cluster;
    private readonly Random _random;
    private TinyKvSettings _settings;

    public Machine(World world, string host, TinyKvSettings settings, ulong cluster, double pace, TimeSpan wallOffset)
    {
        (_world, Host, _settings, _cluster, _random) = (world, host, settings, cluster, world.NewRandom());
        Clock = new SimClock(world, pace, wallOffset);
        Disk = Own = new SimDisk(world, this);
    }

    /// <summary>Its name in the network.</summary>
    public string Host { get; }

    /// <summary>The store that runs here; none before it has joined.</summary>
    public StoreId Store => _settings.StoreId;

    /// <summary>Whether the cluster began with it.</summary>
    public bool IsInitial => _settings.IsInitial;

    /// <summary>Where it is reached.</summary>
    public StoreAddresses Address => _settings.Self.Addresses;

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

    /// <summary>Whether nobody starts it, because its disk is gone, or for a while.</summary>
    public bool IsAway { get; set; }

    /// <summary>Whether the process was started after the store was removed.</summary>
    public bool IsRemoved { get; private set; }

    /// <summary>The store has joined a cluster under a number, of which its directory says this.</summary>
    public void Join(StoreId store, StoreRecord record)
    {
        _settings = _settings with { StoreId = store };
        Own.Join(record);
    }

    /// <summary>Starts the store, unless it is away, or knows that it was removed.</summary>
    public void Start()
    {
        if (IsAway) return;
        // The program looks before it starts anything.
        if (StoreTable.Of(Disk.OpenEngine()).Current.Find(Store) is { State: StoreState.Tombstone })
        {
            _world.Trace.Add($"{_world.Clock} {Name} does not start: it knows that it was removed");
            _world.Marks.Hit(NodeMark.RemovedStoreNotStarted);
            EndForGood();
            return;
        }
        StartProcess();
    }

    private void StartProcess()
    {
        // The program does not start on files that have lost something; whoever starts it has put that back.
        if (Disk.Record is { Lost.Length: > 0 }) Disk.PutBackTail();
        _world.Trace.Add($"{_world.Clock} {Name} starts");
        _world.Marks.HitIf(Disk.Engine.Replaced > 0, NodeMark.InstallationResumed);
        _world.Marks.HitIf(Disk.Engine.Catalog.Records.Any(record =>
            record is { State: RegionState.Tombstone, JournalBorn: true }), NodeMark.ErasureContinued);
        _world.Marks.HitIf(Disk.Engine.Snapshots.Any(snapshot => Disk.LogOf(snapshot.Key)?.Holds(snapshot.Value) != true),
            NodeMark.SnapshotExplainedEngine);
        IsRemoved = _world.Cluster.Grants.IsRemoved(Store);
        Process = Process.Start(_world, this, _settings, _cluster);
    }

    /// <summary>Starts the store on another disk; the next start is on its own again.</summary>
    /// <param name="disk">An old copy; null for an empty one.</param>
    public void StartOn(SimDisk? disk)
    {
        Disk = disk?.Copy() ?? new SimDisk(_world, this);
        StartProcess();
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
            case StoreFailed { Misconfigured: true, Reason: var reason }
                when reason.Contains(Acceptance.WasRemoved, StringComparison.Ordinal):
                _world.Marks.Hit(NodeMark.RemovedStoreEnded);
                Crash(keepsPower: true);
                EndForGood();
                return;
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

    private void EndForGood()
    {
        if (!_world.Cluster.Grants.IsRemoved(Store)) _world.Fail(Rule.RemovedStoresEnd, $"{Name} ends, and was not removed");
        IsAway = true;
        _world.Cluster.Left(this);
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
