namespace TinyKv.Core.Raft;

/// <summary>
/// A member's part in its group: the state that only this part has, and its answers to time and messages. A
/// new object for every change of role, so nothing of the former role can be left over.
/// </summary>
internal abstract class Role
{
    /// <summary>Which part it is.</summary>
    public abstract RoleKind Kind { get; }

    /// <summary>The leader of the current term, as far as this role knows one.</summary>
    public virtual PeerId LeaderId => PeerId.None;

    /// <summary>The members that are known, in this role, to have lost what they acknowledged.</summary>
    public virtual IEnumerable<DataLoss> DataLosses => [];

    /// <summary>
    /// Up to where the log may be compacted, as far as this role knows: what is behind that, another may still be sent.
    /// </summary>
    public virtual long CompactIndex => 0;

    /// <summary>Begins to play the part; may end it at once (a group of one).</summary>
    public virtual void Enter()
    {
    }

    /// <summary>Gives up what waits for this role to continue.</summary>
    public virtual void Leave()
    {
    }

    /// <summary>Time passes.</summary>
    public abstract void Tick();

    /// <summary>What a message of the current term contradicts that this role knows, or null.</summary>
    public virtual string? Contradiction(RaftEnvelope envelope) => null;

    /// <summary>A message of the current term arrives, or an answer to a poll.</summary>
    public abstract void Step(RaftEnvelope envelope);

    /// <summary>The connection over which a member was heard has ended.</summary>
    public virtual void Disconnected(PeerId peer)
    {
    }

    /// <summary>The log was compacted.</summary>
    public virtual void Compacted()
    {
    }

    /// <summary>More of the log became durable here.</summary>
    public virtual void Stored()
    {
    }
}
