using TinyKv.Core.Raft.Membership;

namespace TinyKv.Core.Raft;

/// <summary>What the roles use of the core, and how one input's effects leave it.</summary>
public sealed partial class RaftCore
{
    private LeadershipChange _reported;
    private Configuration _reportedConfiguration;
    private bool _isStateDirty;
    private Refusal? _refused;
    private long _lastRound;

    /// <summary>The numbers that the group runs by.</summary>
    internal RaftOptions Options { get; }

    /// <summary>The log.</summary>
    internal RaftLog Log { get; }

    /// <summary>What speaks for a loss of our own.</summary>
    internal LossEvidence LossEvidence { get; }

    /// <summary>The clock: ticks since the start.</summary>
    internal long Now { get; private set; }

    /// <summary>A number for a round of heartbeats or polls, greater than all before it.</summary>
    internal long NextRound() => ++_lastRound;

    /// <summary>Sends what promises nothing durable.</summary>
    internal void SendNow(PeerId to, RaftMessage message) => SendNow(to, message, Term);

    /// <summary>Sends a poll or its answer, whose term may differ from the current one.</summary>
    internal void SendNow(PeerId to, RaftMessage message, long term) =>
        _outbox.SendNow(new RaftEnvelope(Self, to, term, message));

    /// <summary>Sends what holds only once all that was stored so far is durable.</summary>
    internal void SendDurable(PeerId to, RaftMessage message) =>
        _outbox.SendDurable(new RaftEnvelope(Self, to, Term, message));

    /// <summary>Confirms a read.</summary>
    internal void Grant(ReadGrant read) => _outbox.Grant(read);

    /// <summary>Gives a read up.</summary>
    internal void Drop(long context) => _outbox.Drop(context);

    /// <summary>Tells the host that a member has lost what it acknowledged, or has not.</summary>
    internal void Report(DataLossReport? report)
    {
        if (report is { } news) _outbox.Report(news);
    }

    private Effects Drain()
    {
        RaftRecord? store = null;
        if (_isStateDirty || Log.HasUnrecorded)
        {
            store = new RaftRecord(Term, Vote, Log.BeginWrite());
            _isStateDirty = false;
        }

        LeadershipChange? changed = null;
        var current = new LeadershipChange(Role, Term, Leader);
        if (current != _reported) changed = _reported = current;
        return WithRest(_outbox.Drain(store, Log.TakeApplicable(), changed));
    }

    // What is rare enough to be worth a copy of the effects.
    private Effects WithRest(Effects effects)
    {
        if (!ReferenceEquals(Configuration, _reportedConfiguration))
            effects = effects with { Configuration = _reportedConfiguration = Configuration };
        if (RemovalIn(effects.Apply)) effects = effects with { Removed = true };
        if (_compactThrough is { } end) effects = effects with { Checkpoint = CheckpointAt(end) };
        if (_fetch is not null) effects = effects with { FetchSnapshot = _fetch };
        if (_wantsSync) effects = effects with { SyncEngine = true };
        if (_refused is not null) effects = effects with { Refused = _refused };
        (_compactThrough, _fetch, _wantsSync, _refused) = (null, null, false, null);
        return effects;
    }
}
