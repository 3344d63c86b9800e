using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Snapshots;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Snapshots;

/// <summary>
/// One seed: a store fetches a snapshot and installs it, killed and without power where it hurts, until it is there. The state
/// machine and the journal around it are two numbers: what is applied, and where the journal ends.
/// </summary>
internal sealed class SnapshotSimulation
{
    private const int MaxStarts = 60;
    private const int MaxSteps = 14; // more than an installation has

    private readonly Random _random;
    private readonly SnapshotPlan _plan;
    private readonly SnapshotRules _rules;
    private readonly SnapshotDisk _disk;
    private readonly MemoryStaging _staging = new();
    private LogPosition _journal;
    private bool _isOver; // once

    public SnapshotSimulation(int seed, bool readable)
    {
        _random = new Random(seed);
        Trace = new Trace(readable);
        _plan = new SnapshotPlan(_random);
        _rules = new SnapshotRules(_plan);
        _disk = new SnapshotDisk(_plan.Receiver, _rules.State);
        // What comes behind may be in the log already, and never be committed.
        _journal = _plan.Before is null ? default : new LogPosition(_random.Pick(50, 60, 300), 6);
        Marks.HitIf(_journal.Index > _plan.Applied.Index, SnapshotMark.OverLaterLog);
        Trace.Add($"{_plan.Region} at {_plan.Applied}, over {_plan.Before?.ToString() ?? "nothing"}");
    }

    /// <summary>What has happened.</summary>
    public Trace Trace { get; }

    /// <summary>What was reached.</summary>
    public Marks<SnapshotMark> Marks { get; } = new();

    private SnapshotInstaller Installer => new(_disk, _staging);

    private bool IsApplied
    {
        get
        {
            using var snapshot = _disk.Snapshot();
            return MetaRecords.ReadApplied(snapshot, _plan.Region.Id) == _plan.Applied;
        }
    }

    /// <summary>Runs to the end.</summary>
    public void Run()
    {
        for (var start = 1; ; start++)
        {
            Judge.Holds(Rule.Serves, start <= MaxStarts, $"the snapshot is not there after {MaxStarts} starts");
            _disk.StepsLeft = start < MaxStarts / 2 && _random.Percent(80) ? _random.Next(MaxSteps) : null;
            try
            {
                Live();
                // What it wrote last need not be on the disk.
                if (_isOver || _random.Percent(50)) break;
                _isOver = true;
                Die();
            }
            catch (KilledException)
            {
                Die();
            }
        }
        _rules.End(_disk.Now);
        Marks.Hit(SnapshotMark.Installed);
        Marks.HitIf(_plan.Before is null, SnapshotMark.NewReplica);
        Marks.HitIf(_plan.Before is not null, SnapshotMark.OverOldReplica);
        Marks.HitIf(_plan.Before is { } before && !before.Range.Equals(_plan.Region.Range), SnapshotMark.RangeShrank);
    }

    // A start, and what follows.
    private void Live()
    {
        var wasApplying = SnapshotRules.Recorded(_disk.Now)?.State == RegionState.Applying;
        Marks.HitIf(wasApplying && _disk.StepsLeft is < 5, SnapshotMark.KilledInResume);
        Installer.Resume();
        Marks.HitIf(wasApplying, SnapshotMark.Resumed);
        Marks.HitIf(SnapshotRules.Start(_disk.Now, _journal), SnapshotMark.Explained);
        if (!IsApplied)
        {
            var staged = new SnapshotFetching(_plan, new Random(_random.Next()), Trace, Marks).Run(_staging);
            Installer.Install(staged, SnapshotRules.Recorded(_disk.Now));
        }
        Journal();
    }

    // The journal begins behind the snapshot, whatever it held before.
    private void Journal()
    {
        if (_disk.StepsLeft is 0) throw new KilledException();
        _journal = _plan.Applied;
        Trace.Add($"the journal begins at {_journal}");
        Installer.Finish(_plan.Region.Id);
        _staging.Discard(_plan.Region.Id);
    }

    private void Die()
    {
        var record = SnapshotRules.Recorded(_disk.Now);
        Marks.HitIf(record?.State != RegionState.Applying && !IsApplied, SnapshotMark.KilledBeforeMark);
        Marks.HitIf(record?.State == RegionState.Applying, SnapshotMark.KilledWhileApplying);
        Marks.HitIf(IsApplied && _journal != _plan.Applied, SnapshotMark.KilledAhead);
        _disk.StepsLeft = null;
        Trace.Add($"the process ends; the region is {record?.State}");
        if (!_random.Percent(50)) return;
        Marks.Hit(SnapshotMark.PowerLost);
        Marks.HitIf(_disk.LosePower(_random) > 0, SnapshotMark.WentBack);
        _rules.State(_disk.Now);
    }
}
