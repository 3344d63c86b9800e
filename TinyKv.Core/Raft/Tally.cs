namespace TinyKv.Core.Raft;

/// <summary>How an election stands.</summary>
internal enum Verdict
{
    Open,
    Won,
    Lost,
}

/// <summary>The votes of one election or poll.</summary>
internal sealed class Tally(Membership membership)
{
    private readonly HashSet<PeerId> _granted = [];
    private readonly HashSet<PeerId> _refused = [];

    /// <summary>
    /// Counts one member's answer. A granted vote binds the voter, so it outweighs its refusal.
    /// </summary>
    public void Record(PeerId voter, bool granted)
    {
        if (granted)
        {
            _granted.Add(voter);
            _refused.Remove(voter);
        }
        else if (!_granted.Contains(voter))
        {
            _refused.Add(voter);
        }
    }

    /// <summary>Won or lost as soon as the missing answers cannot change it.</summary>
    public Verdict Verdict
    {
        get
        {
            var voters = membership.Voters.Length;
            if (_granted.Count >= Quorum.Majority(voters)) return Verdict.Won;
            return voters - _refused.Count < Quorum.Majority(voters) ? Verdict.Lost : Verdict.Open;
        }
    }
}
