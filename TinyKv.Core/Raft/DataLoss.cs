namespace TinyKv.Core.Raft;

/// <summary>
/// A member's log ends before what the member has acknowledged: its disk lost what it had confirmed as written, or an
/// older copy was put in its place. Votes may be lost with it.
/// </summary>
/// <param name="Member">Whose log it is.</param>
/// <param name="Term">The term of the acknowledgement.</param>
/// <param name="Acknowledged">What the leader of that term knows it to have acknowledged.</param>
/// <param name="Held">The last position up to there that it still has.</param>
public readonly record struct DataLoss(PeerId Member, long Term, LogPosition Acknowledged, LogPosition Held);

/// <summary>What is new about a <see cref="DataLoss"/>.</summary>
public enum DataLossStage
{
    /// <summary>It was noticed: by the leader, which counts the member no more, or by the member itself.</summary>
    Found,

    /// <summary>What contradicts it was heard: the member has everything.</summary>
    Cleared,

    /// <summary>
    /// The leader has told the member for an election timeout: the member must end. Only of the member itself.
    /// </summary>
    Confirmed,
}

/// <summary>News of a <see cref="DataLoss"/>.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Stage">What is new about it.</param>
public readonly record struct DataLossReport(DataLoss Loss, DataLossStage Stage);
