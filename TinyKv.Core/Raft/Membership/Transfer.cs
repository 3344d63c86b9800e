namespace TinyKv.Core.Raft.Membership;

/// <summary>What becomes of the wish that another member leads. Closed: only the nested records derive from it.</summary>
public abstract record TransferOutcome
{
    private TransferOutcome() { }

    /// <summary>
    /// It has begun, in place of one to another member that may have been under way. It ends with this leadership, or after an
    /// election timeout without that.
    /// </summary>
    public sealed record Begun : TransferOutcome;

    /// <summary>The member leads.</summary>
    public sealed record Done : TransferOutcome;

    /// <summary>It has begun, and the member does not lead: its time was over, or another leads.</summary>
    /// <param name="Behind">How many entries it lacked when its time was over; 0: it had all.</param>
    public sealed record GivenUp(long Behind) : TransferOutcome;

    /// <summary>Nothing has begun.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Message">The same, for people.</param>
    public sealed record Refused(TransferRefusal Reason, string Message) : TransferOutcome;
}

/// <summary>Why leadership is not transferred.</summary>
public enum TransferRefusal
{
    /// <summary>The member leads already. A transfer that was under way is given up.</summary>
    LeadsAlready,

    /// <summary>There is no such member.</summary>
    NoSuchPeer,

    /// <summary>The member does not vote.</summary>
    IsLearner,

    /// <summary>The member has lost what it acknowledged.</summary>
    HasLostData,
}
