using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// What must hold whenever a message leaves a store or a state machine moves on, judged by what really is on the
/// disks.
/// </summary>
internal sealed class NodeRules(World world)
{
    private readonly NodeMembers _members = new(world);
    private readonly Dictionary<(RegionId, long Term), PeerId> _leaders = [];
    private readonly Dictionary<RegionId, (long Term, PeerId Peer)> _lastLeader = [];
    private readonly Dictionary<(RegionId, long Term, PeerId Voter), PeerId> _votes = [];
    private readonly Dictionary<(RegionId, long Index), long> _states = [];
    private readonly Dictionary<(Machine, RegionId), long> _furthest = [];

    /// <summary>The incarnations that ran on a disk that was not their store's, or was an old copy of it.</summary>
    public HashSet<ulong> Impostors { get; } = [];

    private IEnumerable<Machine> Machines => world.Cluster.Machines;

    /// <summary>The members of a region, by the last change that some store has applied.</summary>
    public Region MembersOf(RegionId region) => _members.Last(region);

    /// <summary>The replica that led a region last.</summary>
    public PeerId LastLeaderOf(RegionId region) => _lastLeader.GetValueOrDefault(region).Peer;

    /// <summary>A Raft message leaves a store.</summary>
    public void Leaves(Machine from, RegionId region, RaftEnvelope envelope)
    {
        if (envelope.Message is RaftMessage.Removed removed)
        {
            if (!from.IsImpostor) _members.Told(from, region, envelope.To, removed.ConfVer);
            return;
        }
        if (envelope.Message is RaftMessage.Inquiry) return; // it promises nothing
        var disk = from.Disk.LogOf(region);
        Require(Rule.DurablePromises, disk is not null && disk.Term > 0, $"{from.Name} speaks for {region} before it is created");
        Require(Rule.RegionsAsRecorded,
            MaySpeak(from.Disk.Engine.Catalog.Find(region), envelope.From),
            $"{from.Name} speaks for {region}, of which its engine has no record, or does not know that it has a journal");
        // What it says contradicts what its store has promised; that nobody hears it is for the other rules to show.
        if (from.IsImpostor)
        {
            world.Marks.Hit(NodeMark.ImpostorSpoke);
            return;
        }
        switch (envelope.Message)
        {
            case RaftMessage.Append or RaftMessage.Heartbeat:
                Leads(region, envelope);
                world.Marks.HitIf(!from.IsInitial, NodeMark.JoinedStoreLed);
                break;
            case RaftMessage.RequestVote:
                Voted(region, envelope, envelope.From);
                Require(Rule.DurablePromises, disk!.VoteIn(envelope.Term) == envelope.From,
                    $"{from.Name} asks for votes in term {envelope.Term} before its own is on its disk");
                break;
            case RaftMessage.Vote { Granted: true }:
                Voted(region, envelope, envelope.To);
                Require(Rule.DurablePromises, disk!.VoteIn(envelope.Term) == envelope.To,
                    $"{from.Name} votes in term {envelope.Term} before the vote is on its disk");
                break;
            case RaftMessage.Appended appended:
                // A leader that contradicts itself takes back, before the answer leaves, what it has just sent.
                if (world.Cluster.Hostility?.SpeaksFor(region, envelope.To) == true) break;
                Require(Rule.DurablePromises, disk!.Last.Index >= appended.Match || disk.Term > envelope.Term,
                    $"{from.Name} acknowledges {appended.Match}, its disk ends at {disk.Last}");
                break;
        }
    }

    /// <summary>A checkpoint reaches a disk, on which the engine has everything up to an index for good.</summary>
    public void Checkpointed(Machine machine, JournalFile file, RaftCheckpoint checkpoint, long flushed)
    {
        if (machine.IsImpostor) return;
        var (region, end) = (file.Region, checkpoint.Initial.Truncated);
        var isOfSnapshot = machine.Disk.Engine.SnapshotOf(region) == end && !file.Log.Holds(end);
        Require(Rule.CheckpointsAreWhole,
            isOfSnapshot ? file.Log.IsReplacedBy(checkpoint) : file.Log.IsSaidBy(checkpoint),
            $"{machine.Name} has {file.Log.Last} of {region} in term {file.Log.Term}, "
                + $"with a vote for {file.Log.VoteIn(file.Log.Term)}; its "
                + $"checkpoint says {checkpoint.Record.Entries.Length} entries after {end}, {checkpoint.Record.Term} and "
                + $"{checkpoint.Record.Vote}");
        Require(Rule.CompactedIsSynced, end.Index <= flushed,
            $"{machine.Name} forgets {end} of {region}, its engine has {flushed} for good");
        foreach (var other in Machines.Where(other => other.Own.KeptLogOf(region)?.Holds(end) != true))
        {
            RequireIfHonest(Rule.CompactedIsEverywhere, world.Cluster.Plan.Raft.ProvidesSnapshots,
                $"{machine.Name} forgets {end} of {region}, which {other.Name} does not have");
            world.Marks.Hit(NodeMark.CompactedWithoutAStore);
        }
        IsOnAMajority(machine, region, end);
        world.Marks.HitIf(!checkpoint.Record.Entries.IsEmpty, NodeMark.CheckpointWithRest);
        world.Marks.HitIf(end.Index < flushed, NodeMark.KeptForAStore);
    }

    /// <summary>A store makes durable what it knows of the others.</summary>
    public void Knows(Machine machine, StoreRecord record)
    {
        if (machine.IsImpostor) return;
        foreach (var (store, known) in record.Stores)
            Require(Rule.ForgetfulAreRefused, !Impostors.Contains(known.Incarnation) || IsNewTo(machine, store, known),
                $"{machine.Name} accepts a store {store} that is not what it was");
    }

    // A store that has joined knows others only by their directories until it has met them.
    private static bool IsNewTo(Machine machine, ulong store, KnownStore known)
    {
        var before = machine.Disk.Record?.Stores.GetValueOrDefault(store)?.Incarnation ?? 0;
        return !machine.IsInitial && (before == 0 || before == known.Incarnation);
    }

    /// <summary>A store has written a batch to its engine: its first regions, that a journal was made, or what was applied.
    /// </summary>
    public void Written(Machine machine, EngineVersion before, EngineVersion after, bool sync)
    {
        var hasJoined = !machine.IsInitial && after.Catalog.Records.Any();
        if (before.Catalog.Records.Any() || hasJoined) Applied(machine, before, after, sync);
        else Created(machine, after, sync);
    }

    private void Created(Machine machine, EngineVersion after, bool sync)
    {
        var made = after.Catalog.Records.Select(record => (Id: record.Region.Id, after.Applied(record.Region.Id)));
        var meant = world.Cluster.Initial.Where(_ => machine.IsInitial).Select(region => (region.Id, InitialState.Origin.Index));
        Require(Rule.RegionsAsRecorded,
            sync && made.OrderBy(each => each.Id.Value).SequenceEqual(meant.OrderBy(each => each.Id.Value)),
            $"{machine.Name} begins with {after}");
    }

    private void Applied(Machine machine, EngineVersion before, EngineVersion after, bool sync)
    {
        var (moved, changed) = (0, 0);
        var made = world.Cluster.Splits.Written(machine, before, after);
        foreach (var region in made) IsTheSameEverywhere(machine, region, after.Applied(region), after.DigestOf(region));
        foreach (var region in world.Cluster.Regions.Select(region => region.Id).Except(made))
        {
            var (from, to) = (before.Applied(region), after.Applied(region));
            var (was, now) = (before.Catalog.Find(region), after.Catalog.Find(region));
            if (was is not null && now is not null && StateOf(was) != StateOf(now))
            {
                _members.Changed(machine, was, now, to, hasMoved: from != to);
                if (now.State == RegionState.Tombstone) changed++;
            }
            if (from == to) continue;
            moved++;
            Require(Rule.RemovedStoresEnd, !machine.IsRemoved, $"{machine.Name} was removed, and applies {to} of {region}");
            Require(Rule.NothingGoesBack, to > from, $"{machine.Name} goes back from {from} to {to} in {region}");
            if (IsInstalled(before, after, region)) Installed(machine, region, after.SnapshotOf(region)!.Value);
            else IsCommitted(machine, region, to);
            if (now!.State != RegionState.Tombstone) IsTheSameEverywhere(machine, region, to, after.DigestOf(region));
            if (region == RegionId.Placement) AppliedPlacement(after);
            world.Trace.Add($"{world.Clock} {machine.Name} r{region.Value} applied up to {to}");
        }
        var born = after.Catalog.Records.Where(
            record => record.JournalBorn && before.Catalog.Find(record.Region.Id) is not { JournalBorn: true }).ToList();
        foreach (var region in born.Select(record => record.Region.Id))
            Require(Rule.RegionsAsRecorded, sync && machine.Disk.LogOf(region) is { Term: > 0 },
                $"{machine.Name} notes the birth of a journal of {region} {(sync ? "that holds nothing" : "and may forget it")}");
        var isOfSnapshot = before.Replaced + after.Replaced > 0 || before.Snapshots.Count != after.Snapshots.Count;
        Require(Rule.AppliedWithIndex, moved + born.Count == 1 || (moved + born.Count == 0 && (isOfSnapshot || changed == 1)),
            $"{machine.Name} wrote a batch that moves {moved} applied indexes");
    }

    private void AppliedPlacement(EngineVersion after)
    {
        world.Cluster.Grants.Reserve(after.TimestampsEndMs);
        if (!world.Cluster.Plan.StoresComeAndGo) return;
        world.Cluster.Grants.Check(world, after.Stores);
        foreach (var region in world.Cluster.Regions) _members.RequireNoneRemoved(MembersOf(region.Id));
    }

    private static (RegionState, RegionEpoch, bool) StateOf(RegionRecord record) =>
        (record.State, record.Region.Epoch, record.JournalBorn);

    // What one has said that has just been removed, or is being replaced by a snapshot, may leave only now: it was true, and its
    // journal is there.
    private static bool MaySpeak(RegionRecord? record, PeerId peer) => record is { JournalBorn: true }
        && (record.State != RegionState.Tombstone || record.Former == peer);

    private static bool IsInstalled(EngineVersion before, EngineVersion after, RegionId region) =>
        before.Catalog.Find(region) is { State: RegionState.Applying }
            && after.Catalog.Find(region) is { State: RegionState.Normal }
            && after.SnapshotOf(region)?.Index == after.Applied(region);

    private void Installed(Machine machine, RegionId region, LogPosition end)
    {
        world.Marks.Hit(region == RegionId.Placement ? NodeMark.PlacementInstalled : NodeMark.SnapshotInstalled);
        world.Marks.HitIf(!machine.IsInitial, NodeMark.JoinedStoreGotReplica);
        world.Marks.HitIf(machine.IsInitial && world.Cluster.Splits.IsSplitOff(region), NodeMark.ChildInstalled);
        world.Trace.Add($"{world.Clock} {machine.Name} r{region.Value} has a snapshot up to {end}");
        Require(Rule.AppliedInOrder, machine.Disk.LogOf(region)?.Holds(end) != true,
            $"{machine.Name} puts a snapshot up to {end} in the place of what its log has");
        IsOnAMajority(machine, region, end);
    }

    private void Leads(RegionId region, RaftEnvelope envelope)
    {
        var key = (region, envelope.Term);
        if (_leaders.TryGetValue(key, out var known))
        {
            RequireIfHonest(Rule.OneLeaderPerTerm, known == envelope.From,
                $"{region} has two leaders in term {envelope.Term}: {known} and {envelope.From}");
            return;
        }
        _leaders[key] = envelope.From;
        world.Marks.Hit(NodeMark.LeaderElected);
        var leaders = world.Cluster.Map.Entries.Select(entry => world.Cluster.LeaderOf(entry.Region.Id)?.Store).Distinct();
        world.Marks.HitIf(leaders.Count(store => store is not null) > 1, NodeMark.LeadersOfRegionsDiffer);
        if (_lastLeader.TryGetValue(region, out var last))
            world.Marks.HitIf(last.Peer != envelope.From, NodeMark.LeaderReplaced);
        world.Marks.HitIf(region == RegionId.Placement && last.Peer != envelope.From && world.Cluster.Regions.Any(each =>
            MembersOf(each.Id).Peers.Any(peer => peer.Role == MemberRole.Learner)), NodeMark.PlacementReplacedMidway);
        if (last.Term < envelope.Term) _lastLeader[region] = (envelope.Term, envelope.From);
    }

    private void Voted(RegionId region, RaftEnvelope envelope, PeerId candidate)
    {
        var key = (region, envelope.Term, envelope.From);
        if (_votes.TryAdd(key, candidate)) return;
        Require(Rule.OneVotePerTerm, _votes[key] == candidate,
            $"{envelope.From} votes for {_votes[key]} and for {candidate} in term {envelope.Term} of {region}");
    }

    private void IsCommitted(Machine machine, RegionId region, long index)
    {
        var term = machine.Disk.LogOf(region)?.TermAt(index);
        Require(Rule.AppliedInOrder, term is not null, $"{machine.Name} applies {index} of {region}, which is not on its disk");
        IsOnAMajority(machine, region, new LogPosition(index, term ?? 0));
    }

    private void IsOnAMajority(Machine machine, RegionId region, LogPosition position)
    {
        var holders = Machines.Concat(world.Cluster.Departed)
            .Where(other => other.Own.KeptLogOf(region)?.Holds(position) == true)
            .Select(other => (other.Own.Engine.Catalog.Find(region), other.Store))
            .Where(other => other is ({ State: not RegionState.Tombstone }, _))
            .Select(other => other.Item1!.Region.PeerOn(other.Store)!.Value.Id).ToHashSet();
        RequireIfHonest(Rule.DurableMajority, _members.AreEnough(region, position.Index, holders),
            $"{machine.Name} applies {position} of {region}, which {holders.Count} disks hold");
    }

    private void IsTheSameEverywhere(Machine machine, RegionId region, long index, long digest)
    {
        if (!_states.TryAdd((region, index), digest))
            RequireIfHonest(Rule.SameState, _states[(region, index)] == digest,
                $"{machine.Name} differs from others at {index} of {region}");
        var furthest = _furthest.GetValueOrDefault((machine, region));
        world.Marks.HitIf(index <= furthest, NodeMark.RestartReplayedEntries);
        _furthest[(machine, region)] = Math.Max(furthest, index);
    }

    private void RequireIfHonest(Rule rule, bool condition, string otherwise)
    {
        if (!condition) world.FailIfHonest(rule, otherwise);
    }

    private void Require(Rule rule, bool condition, string otherwise)
    {
        if (!condition) world.Fail(rule, otherwise);
    }
}
