using System.Collections.Immutable;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Raft.Membership;

/// <summary>
/// Who belongs to a group: peers with their stores and roles. No peer and no store is in it twice, and somebody votes.
/// </summary>
public sealed class Configuration : IEquatable<Configuration>
{
    /// <summary>The most members.</summary>
    public const int MaxMembers = 32;

    /// <summary>A configuration of these members, in whatever order.</summary>
    /// <exception cref="InvariantViolationException">They contradict each other.</exception>
    public Configuration(IEnumerable<Peer> members)
    {
        Members = [.. members.OrderBy(member => member.Id)];
        var contradiction = Contradiction(Members);
        Invariant.Holds(contradiction is null, $"{contradiction}");
        Voters = [.. Members.Where(member => member.Role == MemberRole.Voter).Select(member => member.Id)];
    }

    /// <summary>All members, by ascending peer: the order in which messages leave.</summary>
    public ImmutableArray<Peer> Members { get; }

    /// <summary>Those that are counted, ascending.</summary>
    public ImmutableArray<PeerId> Voters { get; }

    /// <summary>How many voters decide.</summary>
    public int Majority => Quorum.Majority(Voters.Length);

    /// <summary>The member with this number, if there is one.</summary>
    public Peer? Find(PeerId peer)
    {
        foreach (var member in Members)
            if (member.Id == peer) return member;
        return null;
    }

    /// <summary>The member on a store, if there is one.</summary>
    public Peer? On(StoreId store)
    {
        foreach (var member in Members)
            if (member.Store == store) return member;
        return null;
    }

    /// <summary>Whether <paramref name="peer"/> is counted.</summary>
    public bool IsVoter(PeerId peer) => Voters.Contains(peer);

    /// <summary>Whether nobody but <paramref name="peer"/> is counted.</summary>
    public bool IsOnlyVoter(PeerId peer) => Voters.Length == 1 && Voters[0] == peer;

    /// <inheritdoc/>
    public bool Equals(Configuration? other) => other is not null && Members.AsSpan().SequenceEqual(other.Members.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Configuration);

    /// <inheritdoc/>
    public override int GetHashCode() => Members.Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Members.Select(Describe));

    /// <summary>Why there is no configuration of these members, which are ascending; or null.</summary>
    public static string? Contradiction(ImmutableArray<Peer> members)
    {
        if (members.Length > MaxMembers) return $"{members.Length} members are too many";
        for (var i = 0; i < members.Length; i++)
        {
            if (members[i].Id == PeerId.None || members[i].Store == StoreId.None) return "a member has no number or no store";
            if (i > 0 && members[i - 1].Id.CompareTo(members[i].Id) >= 0) return $"{members[i].Id} is not in ascending order";
            for (var j = 0; j < i; j++)
                if (members[j].Store == members[i].Store) return $"{members[i].Store} has two members";
        }
        return members.Any(member => member.Role == MemberRole.Voter) ? null : "nobody votes";
    }

    private static string Describe(Peer member) =>
        $"peer {member.Id.Value} on {member.Store}{(member.Role == MemberRole.Learner ? " (learner)" : "")}";
}
