using System.Collections.Immutable;

namespace TinyKv.Core.Raft;

/// <summary>
/// Who belongs to the group, seen from one member. Everything that is counted is counted here.
/// </summary>
internal sealed class Membership
{
    public Membership(PeerId self, ImmutableArray<PeerId> voters)
    {
        Invariant.Holds(voters.Contains(self), $"member {self.Value} is not one of the group's voters");
        for (var i = 1; i < voters.Length; i++)
            Invariant.Holds(voters[i - 1].CompareTo(voters[i]) < 0, $"voters out of order at {voters[i].Value}");

        Voters = voters;
        Others = voters.Remove(self);
    }

    /// <summary>All members, ascending.</summary>
    public ImmutableArray<PeerId> Voters { get; }

    /// <summary>All members but this one, ascending: the order in which messages leave.</summary>
    public ImmutableArray<PeerId> Others { get; }

    /// <summary>Whether messages from <paramref name="peer"/> count.</summary>
    public bool IsOther(PeerId peer) => Others.Contains(peer);
}
