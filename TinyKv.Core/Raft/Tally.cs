using TinyKv.Core.Raft.Membership;

namespace TinyKv.Core.Raft;

/// <summary>How an election stands.</summary>
internal enum Verdict
{
    Open,
    Won,
    Lost,
}

/// <summary>The votes of one election or poll: those of voters, as of its beginning.</summary>
internal sealed class Tally(Configuration configuration)
{
    private readonly HashSet<PeerId> _granted = [];
    private readonly HashSet<PeerId> _refused = [];

    /// <summary>
    /// Counts one member's answer. A granted vote binds the voter, so it outweighs its refusal.
    /// </summary>
    public void Record(PeerId voter, bool granted)
    {
        if (!configuration.IsVoter(voter)) return;
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
            if (_granted.Count >= configuration.Majority) return Verdict.Won;
            return configuration.Voters.Length - _refused.Count < configuration.Majority ? Verdict.Lost : Verdict.Open;
        }
    }
}
