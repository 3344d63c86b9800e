using TinyKv.Core.Regions;

namespace TinyKv.Core.Raft.Membership;

/// <summary>
/// What a store shall be in a group. It is reached by one change after the other, however often somebody asks and whoever
/// leads meanwhile. Closed: only the nested records derive from it.
/// </summary>
/// <param name="Store">The store.</param>
public abstract record MemberGoal(StoreId Store)
{
    /// <summary>It has a voter: a learner first, which becomes one when it has caught up.</summary>
    /// <param name="Store">The store.</param>
    /// <param name="NewPeer">The number of the replica, if it has none yet: never used before, and for one request only. None:
    /// to learn whether it needs one.</param>
    public sealed record Voter(StoreId Store, PeerId NewPeer) : MemberGoal(Store)
    {
        /// <inheritdoc/>
        public override ConfChange? Next(Configuration current) => current.On(Store) switch
        {
            null => new ConfChange.AddLearner(NewPeer, Store),
            { Role: MemberRole.Learner } learner => new ConfChange.Promote(learner.Id),
            _ => null,
        };
    }

    /// <summary>It has no member.</summary>
    /// <param name="Store">The store.</param>
    public sealed record None(StoreId Store) : MemberGoal(Store)
    {
        /// <inheritdoc/>
        public override ConfChange? Next(Configuration current) =>
            current.On(Store) is { } member ? new ConfChange.Remove(member.Id) : null;
    }

    /// <summary>The change that brings the group nearer; null when the goal is reached.</summary>
    public abstract ConfChange? Next(Configuration current);
}
