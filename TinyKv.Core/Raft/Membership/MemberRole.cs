namespace TinyKv.Core.Raft.Membership;

/// <summary>What a member counts for. The numbers live on disks.</summary>
public enum MemberRole
{
    /// <summary>It votes, and what it holds counts towards a majority.</summary>
    Voter = 0,

    /// <summary>It is replicated to and counts for nothing, until it is promoted.</summary>
    Learner = 1,
}
