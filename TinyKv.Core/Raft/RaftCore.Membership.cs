using System.Collections.Immutable;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Raft;

/// <summary>Who the members are, as this one knows it.</summary>
public sealed partial class RaftCore
{
    /// <summary>The members: as the last entry in the log says that is about them, committed or not.</summary>
    public Configuration Configuration => Log.Configurations.Current;

    /// <summary>The members as of an index that is not before the beginning of the log.</summary>
    public Configuration ConfigurationAt(long index) => Log.Configurations.At(index);

    /// <summary>Who has a number, or had it and was removed, as far as the log knows; null: nobody.</summary>
    public Peer? Find(PeerId peer) => Log.Configurations.Find(peer);

    /// <summary>
    /// To whom leadership is being transferred; nobody if it is not, and while this member does not lead. Nothing can be
    /// proposed meanwhile.
    /// </summary>
    public PeerId Transferee => (_role as Leader)?.Transferee ?? PeerId.None;

    /// <summary>
    /// Changes one member. When the change is accepted it stands at <see cref="Last"/>, and is in force; it is made when that
    /// entry is applied, and undone if another leader replaces it. Leader only.
    /// </summary>
    /// <exception cref="InvalidOperationException">This member does not lead.</exception>
    public Effects Change(ConfChange change, out ConfChangeOutcome outcome)
    {
        outcome = RequireLeader().Change(change);
        return Drain();
    }

    /// <summary>
    /// Transfers leadership to another voter, as soon as it has the whole log. Leader only. It is given up after an election
    /// timeout.
    /// </summary>
    /// <exception cref="InvalidOperationException">This member does not lead.</exception>
    public Effects Transfer(PeerId to, out TransferOutcome outcome)
    {
        outcome = RequireLeader().Transfer(to);
        return Drain();
    }

    /// <summary>
    /// Transfers leadership to whichever voter can take it soonest, for a member that is about to leave. Leader only. It is
    /// given up after an election timeout.
    /// </summary>
    /// <exception cref="InvalidOperationException">This member does not lead.</exception>
    public Effects TransferToBest(out TransferOutcome outcome)
    {
        outcome = RequireLeader().TransferToBest();
        return Drain();
    }

    /// <summary>What has become of a transfer to a member that has begun here; null: nothing yet.</summary>
    public TransferOutcome? EndOfTransfer(PeerId to)
    {
        if (Leader == to) return new TransferOutcome.Done();
        if (Transferee == to || Leader == PeerId.None) return null;
        return new TransferOutcome.GivenUp((_role as Leader)?.Lacked ?? 0);
    }

    /// <summary>Whose votes are asked for.</summary>
    internal IEnumerable<PeerId> OtherVoters => Configuration.Voters.Where(voter => voter != Self);

    /// <summary>Whether there is nobody who could hear of anything before it is durable here.</summary>
    internal bool IsAlone => Log.Configurations.Previous is null && Configuration.Members is [var only] && only.Id == Self;

    // Who is about to be removed may have to lead until that is committed: nobody else may have the entry that says so
    // (thesis, section 4.2.2).
    private bool IsElectable => Configuration.IsVoter(Self) || Log.Configurations.At(Log.Commit).IsVoter(Self);

    private bool RemovalIn(ImmutableArray<Entry> applied)
    {
        foreach (var entry in applied)
        {
            if (entry.Kind != EntryKind.Configuration) continue;
            var configurations = Log.Configurations;
            if (configurations.At(entry.Index).Find(Self) is null && configurations.At(entry.Index - 1).Find(Self) is not null)
                return true;
        }
        return false;
    }
}
