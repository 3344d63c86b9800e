using TinyKv.Core.Regions;

namespace TinyKv.Core.Raft.Membership;

/// <summary>
/// A change of one member. Any majority of the voters before it and any majority of those after it have a voter in common,
/// so that one such change at a time needs no second majority (thesis, section 4.1). Closed: only the nested records derive
/// from it.
/// </summary>
public abstract record ConfChange
{
    private ConfChange() { }

    /// <summary>A new peer is replicated to, and counts for nothing yet.</summary>
    public sealed record AddLearner(PeerId Peer, StoreId Store) : ConfChange
    {
        /// <inheritdoc/>
        public override ConfChangeOutcome Apply(Configuration current)
        {
            if (Peer == PeerId.None)
                return new ConfChangeOutcome.Refused(ConfChangeRefusal.NumberMissing, "a new replica needs a number");
            if (current.Find(Peer) is { } known)
            {
                return known.Store == Store ? new ConfChangeOutcome.AlreadyDone() : new ConfChangeOutcome.Refused(
                    ConfChangeRefusal.PeerIdUsed, $"{Peer} is on {known.Store} already");
            }
            if (current.On(Store) is { } other)
                return new ConfChangeOutcome.Refused(ConfChangeRefusal.StoreHasPeer, $"{Store} has {other.Id} already");
            if (current.Members.Length == Configuration.MaxMembers)
            {
                return new ConfChangeOutcome.Refused(
                    ConfChangeRefusal.TooManyMembers, $"there are {Configuration.MaxMembers} members already");
            }
            return Becomes(current.Members.Add(new Peer(Peer, Store, MemberRole.Learner)));
        }
    }

    /// <summary>A learner becomes a voter.</summary>
    public sealed record Promote(PeerId Peer) : ConfChange
    {
        /// <inheritdoc/>
        public override ConfChangeOutcome Apply(Configuration current)
        {
            if (current.Find(Peer) is not { } known)
                return new ConfChangeOutcome.Refused(ConfChangeRefusal.NoSuchPeer, $"{Peer} is not a member");
            return known.Role == MemberRole.Voter ? new ConfChangeOutcome.AlreadyDone()
                : Becomes(current.Members.Replace(known, known with { Role = MemberRole.Voter }));
        }
    }

    /// <summary>A member, the leader itself perhaps, is one no more.</summary>
    public sealed record Remove(PeerId Peer) : ConfChange
    {
        /// <inheritdoc/>
        public override ConfChangeOutcome Apply(Configuration current)
        {
            if (current.Find(Peer) is not { } known) return new ConfChangeOutcome.AlreadyDone();
            return current.IsOnlyVoter(Peer) ? new ConfChangeOutcome.Refused(
                    ConfChangeRefusal.LastVoter, $"{Peer} is the only voter: add another before it is removed")
                : Becomes(current.Members.Remove(known));
        }
    }

    /// <summary>What becomes of the change, given the members as they are.</summary>
    public abstract ConfChangeOutcome Apply(Configuration current);

    private static ConfChangeOutcome.Accepted Becomes(IEnumerable<Peer> members) => new(new Configuration(members));
}

/// <summary>What becomes of a <see cref="ConfChange"/>. Closed: only the nested records derive from it.</summary>
public abstract record ConfChangeOutcome
{
    private ConfChangeOutcome() { }

    /// <summary>The members will be these.</summary>
    public sealed record Accepted(Configuration Next) : ConfChangeOutcome;

    /// <summary>The members are so already: the change was made before, or need not be made.</summary>
    public sealed record AlreadyDone : ConfChangeOutcome;

    /// <summary>Nothing changes.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Message">The same, for people.</param>
    public sealed record Refused(ConfChangeRefusal Reason, string Message) : ConfChangeOutcome;
}

/// <summary>Why a <see cref="ConfChange"/> is refused.</summary>
public enum ConfChangeRefusal
{
    /// <summary>The leader has not committed an entry of its own term yet. Worth another try soon.</summary>
    LeaderIsNew,

    /// <summary>Another change is not committed yet. Worth another try soon.</summary>
    ChangeUnderWay,

    /// <summary>Leadership is being transferred. Worth another try, at the next leader.</summary>
    LeadershipTransfer,

    /// <summary>The learner lacks too much of the log: as a voter it could hold up writes. Worth another try later.</summary>
    LearnerIsBehind,

    /// <summary>There is no such member.</summary>
    NoSuchPeer,

    /// <summary>The peer's number was used before: it needs a new one.</summary>
    PeerIdUsed,

    /// <summary>The new peer has no number yet.</summary>
    NumberMissing,

    /// <summary>The store has a member already.</summary>
    StoreHasPeer,

    /// <summary>There is room for no more members.</summary>
    TooManyMembers,

    /// <summary>Nobody would be left that votes.</summary>
    LastVoter,
}
