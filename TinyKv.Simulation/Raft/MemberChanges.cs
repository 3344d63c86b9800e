using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>Asks leaders to change the members.</summary>
internal sealed class MemberChanges(Cluster cluster)
{
    /// <summary>The most members that a group is brought to.</summary>
    public const int MaxMembers = 6;

    private const int MaxNodes = 14;

    private readonly Random _random = cluster.Random;

    /// <summary>Some change, possible or not.</summary>
    public void Any(Node leader)
    {
        var members = leader.Log.Members;
        ConfChange change = _random.Next(10) switch
        {
            < 3 when members.Members.Length < MaxMembers && cluster.Nodes.Count < MaxNodes => AddLearner(members),
            < 6 when Learner(members) is { } learner => new ConfChange.Promote(learner),
            < 9 when members.Members.Length > 1 => new ConfChange.Remove(AnyOf(members)),
            _ => _random.Pick<ConfChange>(
                new ConfChange.Promote(AnyOf(members)),
                new ConfChange.Remove(cluster.Nodes[_random.Next(cluster.Nodes.Count)].Id),
                new ConfChange.AddLearner(AnyOf(members), new StoreId(99)),
                new ConfChange.AddLearner(NewNumber(), members.Members[0].Store)),
        };
        Ask(leader, change);
    }

    /// <summary>Asks for a change. Who is new begins with an empty log.</summary>
    public ConfChangeOutcome Ask(Node leader, ConfChange change)
    {
        var (before, members) = (leader.View, leader.Log.Members);
        cluster.Trace.Add($"{leader.Id} is asked for {change}");
        ConfChangeOutcome outcome = null!;
        leader.Feed(core => core.Change(change, out outcome), before);
        cluster.Trace.Add($"{leader.Id} says {outcome}");
        if (outcome is ConfChangeOutcome.Accepted) Accepted(leader, change, members);
        cluster.Marks.HitIf(outcome is ConfChangeOutcome.Refused, Mark.ChangeRefused);
        cluster.Marks.HitIf(outcome is ConfChangeOutcome.AlreadyDone, Mark.ChangeRepeated);
        return outcome;
    }

    /// <summary>A new peer, on a new store or on one that had a peer before.</summary>
    public ConfChange.AddLearner AddLearner(Configuration members)
    {
        var store = new StoreId((ulong)_random.Next(1, MaxNodes));
        while (members.On(store) is not null) store = new StoreId(store.Value % MaxNodes + 1);
        return new ConfChange.AddLearner(NewNumber(), store);
    }

    private void Accepted(Node leader, ConfChange change, Configuration members)
    {
        var marks = cluster.Marks;
        switch (change)
        {
            case ConfChange.AddLearner(var peer, var store):
                marks.Hit(Mark.LearnerAdded);
                cluster.Add(new Peer(peer, store)).Start();
                break;
            case ConfChange.Promote:
                marks.Hit(Mark.LearnerPromoted);
                break;
            case ConfChange.Remove(var peer):
                marks.Hit(Mark.MemberRemoved);
                marks.HitIf(peer == leader.Id, Mark.LeaderRemovedItself);
                marks.HitIf(members.IsVoter(peer) && members.Voters.Length == 2, Mark.OneOfTwoRemoved);
                break;
        }
    }

    private PeerId AnyOf(Configuration members) => members.Members[_random.Next(members.Members.Length)].Id;

    private static PeerId? Learner(Configuration members)
    {
        foreach (var member in members.Members)
            if (member.Role == MemberRole.Learner) return member.Id;
        return null;
    }

    // Behind all others, so that it decides nothing how members are called.
    private PeerId NewNumber() =>
        new(cluster.Nodes.Max(node => node.Id.Value) + (ulong)cluster.Numbers.Next(1, 1000));
}
