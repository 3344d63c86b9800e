using System.Collections.Immutable;
using System.Diagnostics;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Telemetry;

/// <summary>What a peer tells the outside about its work: one call for each thing that happens.</summary>
internal sealed class PeerTelemetry(Peer self, Region region)
{
    private readonly RaftMetrics _metrics = new(self.Store, region.Id);
    private readonly ApplyLag _lag = new(self.Store, region.Id);
    private readonly WriteSpans _spans = new(region.Peers.Length);

    /// <summary>A command of a traced write goes into the log at an index.</summary>
    public void Proposed(Activity? span, long index) => _spans.Proposed(span, index);

    /// <summary>So many commands go into the log together.</summary>
    public void Proposed(int commands) => _metrics.Proposed(commands);

    /// <summary>Reads share one confirmation.</summary>
    public void Confirming(int readers) => _metrics.Confirming(readers);

    /// <summary>Role, term or leader has changed.</summary>
    public void Changed(LeadershipChange change)
    {
        _metrics.Changed(change);
        if (change.Role != RoleKind.Leader) _spans.Clear();
    }

    /// <summary>Messages leave.</summary>
    public void Sending(ImmutableArray<RaftEnvelope> envelopes) => _metrics.Sending(envelopes);

    /// <summary>A message has arrived.</summary>
    public void Heard(RaftEnvelope envelope)
    {
        _metrics.Heard(envelope);
        _spans.Heard(envelope);
    }

    /// <summary>A message was not believed.</summary>
    public void Refused() => _metrics.Refused();

    /// <summary>A record goes to the journal.</summary>
    public void Storing(RaftRecord record) => _metrics.Storing(record);

    /// <summary>The record that went at <paramref name="started"/> and ends at an index is durable.</summary>
    public void Stored(long started, long index)
    {
        _metrics.Stored(started);
        _spans.Stored(index);
    }

    /// <summary>The log was compacted.</summary>
    public void Compacted() => _metrics.Compacted();

    /// <summary>Everything up to an index is committed.</summary>
    public void Committed(long index)
    {
        _lag.Committed(index);
        _spans.Committed(index);
    }

    /// <summary>Everything up to an index is applied.</summary>
    public void Applied(long index)
    {
        _lag.Applied(index);
        _spans.Applied(index);
    }

    /// <summary>A tick has passed.</summary>
    public void Sample(RaftCore core, long applied, int proposals, int readers) =>
        _metrics.Sample(core, applied, proposals, readers);
}
