using System.Buffers.Binary;
using System.Collections.Immutable;
using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// What is committed is on the disks of a majority, stays, is in the log of every later leader, and is
/// applied by everybody once and in the same order.
/// </summary>
internal sealed class CommitRules(Cluster cluster)
{
    private readonly List<(Entry Entry, long Term)> _committed = [];
    private readonly HashSet<int> _commands = [];

    /// <summary>The last index that any member ever knew to be committed.</summary>
    public long Last => cluster.Plan.Truncated.Index + _committed.Count;

    /// <summary>The commands that are committed, by the clients' numbers.</summary>
    public IReadOnlySet<int> Commands => _commands;

    /// <summary>Checks the commit index.</summary>
    public void AfterInput(Node node, View before, View now)
    {
        Judge.Holds(Rule.NothingGoesBack, now.Commit >= before.Commit, $"{node.Id} commits {before.Commit}, then {now.Commit}");
        Judge.Holds(Rule.DurableMajority, now.Commit <= node.Log.Last.Index,
            $"{node.Id} commits {now.Commit} of {node.Log.Last}");
        if (now.Commit == before.Commit) return;
        if (before.Leads && now.Leads && before.Term == now.Term)
            Judge.Holds(Rule.CountedInOwnTerm, node.Log[now.Commit].Term == now.Term,
                $"{node.Id} counts {node.Log[now.Commit].Position} in term {now.Term}");
        for (var index = before.Commit + 1; index <= now.Commit; index++)
            if (index <= Last) CheckSame(node, index);
            else Committed(node, node.Log[index], before, now);
        cluster.Marks.HitIf(now.Leads && !node.Journal.Log.Contains(node.Log.At(now.Commit)),
            Mark.CommitAheadOfOwnDisk);
    }

    /// <summary>Checks entries on their way to the state machine.</summary>
    public void Handed(Node node, Effects effects)
    {
        var next = node.Machine.Received + 1;
        foreach (var entry in effects.Apply)
        {
            Judge.Holds(Rule.AppliedInOrder, entry.Index == next, $"{node.Id} hands out {entry.Position}; {next} is next");
            Judge.Holds(Rule.AppliedInOrder, entry.Index <= node.Core.Commit,
                $"{node.Id} hands out {entry.Position} uncommitted");
            Judge.Holds(Rule.AppliedInOrder, node.Journal.Log.Contains(entry.Position),
                $"{node.Id} hands out {entry.Position} before it is durable");
            Judge.Holds(Rule.AppliedInOrder, EntryAt(entry.Index).Equals(entry),
                $"{node.Id} hands out another {entry.Position}");
            next++;
        }
    }

    /// <summary>
    /// Checks that the leader of <paramref name="term"/> has what was committed in the terms before.
    /// </summary>
    public void CheckLeader(long term, PeerId leader, LogCopy log)
    {
        foreach (var (entry, committedIn) in _committed)
            Judge.Holds(Rule.LeaderCompleteness, committedIn >= term || log.Contains(entry.Position),
                $"{leader} leads term {term} without {entry.Position}, committed in term {committedIn}");
    }

    /// <summary>
    /// Notes what the paper's figure 8 is about: entries that a majority has and that may still be lost.
    /// </summary>
    public void AfterMessage(Node node, RaftMessage message)
    {
        if (!node.Leads || message is not RaftMessage.Appended { Match: var match }) return;
        if (match <= node.Core.Commit || match > node.Log.Last.Index) return;
        var position = node.Log.At(match);
        cluster.Marks.HitIf(position.Term < node.Core.Term && IsOnQuorum(node, position),
            Mark.OldTermEntryOnQuorumUncommitted);
    }

    /// <summary>All entries up to a committed one.</summary>
    public ImmutableArray<Entry> Through(long index) =>
        [.. _committed.Take((int)(index - cluster.Plan.Truncated.Index)).Select(committed => committed.Entry)];

    /// <summary>The number that a client gave a command.</summary>
    public static int NumberOf(Entry entry) => BinaryPrimitives.ReadInt32LittleEndian(entry.Data.Span);

    private Entry EntryAt(long index) => _committed[(int)(index - cluster.Plan.Truncated.Index - 1)].Entry;

    private bool IsOnQuorum(Node leader, LogPosition position) => cluster.VotersOf(leader.Log.Members).Count(
        node => node.Journal.Log.Contains(position)) >= leader.Log.Members.Majority;

    private void CheckSame(Node node, long index) => Judge.Holds(Rule.LogMatching, EntryAt(index).Equals(node.Log[index]),
        $"{node.Id} commits {node.Log[index].Position}, others {EntryAt(index).Position}");

    private void Committed(Node node, Entry entry, View before, View now)
    {
        var leads = now.Leads || (before.Leads && before.Term == now.Term); // who is removed leads no more
        Judge.Holds(Rule.DurableMajority, leads, $"{node.Id} knows of the commit of {entry.Position} before its leader");
        Judge.Holds(Rule.DurableMajority, IsOnQuorum(node, entry.Position),
            $"{node.Id} commits {entry.Position} without a durable majority");
        Judge.Holds(Rule.AppliedInOrder, entry.Kind != EntryKind.Command || _commands.Add(NumberOf(entry)),
            $"{node.Id} commits a command again at {entry.Position}");
        foreach (var (term, leader, log) in cluster.Invariants.Elections.LeadersAfter(now.Term))
            Judge.Holds(Rule.LeaderCompleteness, log.Contains(entry.Position),
                $"{node.Id} commits {entry.Position} in term {now.Term}; {leader} leads {term} without it");
        _committed.Add((entry, now.Term));
    }
}
