using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Actors.Telemetry;

/// <summary>What one replica counts and measures of its Raft member.</summary>
internal sealed class RaftMetrics
{
    private static readonly Meter Meter = TinyKvTelemetry.Meter;

    private static readonly Counter<long> Proposals = Meter.CreateCounter<long>(
        "tinykv.raft.proposals", "{proposal}", "Commands that a leader has put into its log.");

    private static readonly Counter<long> Reads = Meter.CreateCounter<long>(
        "tinykv.raft.reads", "{read}", "Reads that a leader has confirmed its leadership for.");

    private static readonly Counter<long> ReadRounds = Meter.CreateCounter<long>(
        "tinykv.raft.read_rounds", "{round}", "Confirmations of leadership; one serves all reads that wait.");

    private static readonly Counter<long> Elections = Meter.CreateCounter<long>(
        "tinykv.raft.elections", "{election}", "Times that this replica has asked for votes.");

    private static readonly Counter<long> LeaderChanges = Meter.CreateCounter<long>(
        "tinykv.raft.leader_changes", "{change}", "Leaders that this replica has come to know, itself included.");

    private static readonly Counter<long> RefusedMessages = Meter.CreateCounter<long>(
        "tinykv.raft.refused_messages", "{message}", "Messages that contradicted the protocol and were not taken.");

    private static readonly Counter<long> AppendedBytes = Meter.CreateCounter<long>(
        "tinykv.raft.appended", "By", "Commands that this replica has put into its log.");

    private static readonly Counter<long> ReplicatedBytes = Meter.CreateCounter<long>(
        "tinykv.raft.replicated", "By", "Commands that a leader has sent to followers, repetitions included.");

    private static readonly Counter<long> Compactions = Meter.CreateCounter<long>(
        "tinykv.raft.compactions", "{compaction}", "Times that the beginning of the log was deleted.");

    private static readonly Histogram<double> PersistDuration = Meter.CreateHistogram(
        "tinykv.raft.persist.duration", "s", "From a record's way to the journal until it is durable.",
        tags: null, TinyKvTelemetry.Times);

    private static readonly Histogram<double> HeartbeatDuration = Meter.CreateHistogram(
        "tinykv.raft.heartbeat.duration", "s", "From a leader's heartbeat until the follower has answered it, or a later one.",
        tags: null, TinyKvTelemetry.Times);

    private static readonly Gauge<long> Role = Meter.CreateGauge<long>(
        "tinykv.raft.role", "{role}", "0 follower, 1 pre-candidate, 2 candidate, 3 leader.");

    private static readonly Gauge<long> Term = Meter.CreateGauge<long>(
        "tinykv.raft.term", "{term}", "The current term.");

    private static readonly Gauge<long> Commit = Meter.CreateGauge<long>(
        "tinykv.raft.commit_index", "{entry}", "The last entry that is known to be committed.");

    private static readonly Gauge<long> LogEntries = Meter.CreateGauge<long>(
        "tinykv.raft.log.entries", "{entry}", "Entries of the log, in memory and in the journal.");

    private static readonly Gauge<long> LogBytes = Meter.CreateGauge<long>(
        "tinykv.raft.log.size", "By", "Commands in these entries.");

    private static readonly Gauge<long> Unapplied = Meter.CreateGauge<long>(
        "tinykv.raft.unapplied", "{entry}", "Entries that are committed and not yet applied here.");

    private static readonly Gauge<long> DataLosses = Meter.CreateGauge<long>(
        "tinykv.raft.data_losses", "{member}",
        "Members known here to have less than they acknowledged: followers of a leader, or this replica itself.");

    private static readonly Gauge<long> Queue = Meter.CreateGauge<long>(
        "tinykv.raft.queue", "{request}", "Requests that wait to be taken up, by kind.");

    private readonly TagList _tags;
    private readonly TagList _proposals;
    private readonly TagList _reads;
    private readonly HeartbeatTimes _heartbeats;
    private PeerId _leader = PeerId.None;

    public RaftMetrics(StoreId store, RegionId region)
    {
        (_tags, _proposals, _reads) =
            (Tags(store, region), Tags(store, region, "proposals"), Tags(store, region, "reads"));
        _heartbeats = new HeartbeatTimes(Answered);
    }

    public void Proposed(int commands) => Proposals.Add(commands, _tags);

    public void Confirming(int readers)
    {
        Reads.Add(readers, _tags);
        ReadRounds.Add(1, _tags);
    }

    public void Changed(LeadershipChange change)
    {
        if (change.Role == RoleKind.Candidate) Elections.Add(1, _tags);
        if (change.Role != RoleKind.Leader) _heartbeats.Clear();
        if (change.Leader == _leader) return;
        _leader = change.Leader;
        if (_leader != PeerId.None) LeaderChanges.Add(1, _tags);
    }

    public void Sending(ImmutableArray<RaftEnvelope> envelopes)
    {
        if (!ReplicatedBytes.Enabled && !HeartbeatDuration.Enabled) return;
        var bytes = 0L;
        foreach (var envelope in envelopes)
        {
            if (envelope.Message is RaftMessage.Append append) bytes += BytesOf(append.Entries);
            else if (envelope.Message is RaftMessage.Heartbeat heartbeat) _heartbeats.Sending(envelope.To, heartbeat.Round);
        }
        if (bytes > 0) ReplicatedBytes.Add(bytes, _tags);
    }

    public void Heard(RaftEnvelope envelope)
    {
        if (envelope.Message is RaftMessage.HeartbeatReply reply) _heartbeats.Heard(envelope.From, reply.Round);
    }

    public void Refused() => RefusedMessages.Add(1, _tags);

    public void Storing(RaftRecord record)
    {
        if (AppendedBytes.Enabled) AppendedBytes.Add(BytesOf(record.Entries), _tags);
    }

    public void Compacted() => Compactions.Add(1, _tags);

    public void Stored(long started) =>
        PersistDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, _tags);

    /// <summary>Publishes what has a value at every moment. Once a tick: late listeners must not wait for a change.</summary>
    public void Sample(RaftCore core, long applied, int proposals, int readers)
    {
        Role.Record((long)core.Role, _tags);
        Term.Record(core.Term, _tags);
        Commit.Record(core.Commit, _tags);
        LogEntries.Record(core.Last.Index - core.FirstIndex + 1, _tags);
        LogBytes.Record(core.LogBytes, _tags);
        Unapplied.Record(Math.Max(0, core.Commit - applied), _tags);
        DataLosses.Record(core.DataLosses.Count(), _tags);
        Queue.Record(proposals, _proposals);
        Queue.Record(readers, _reads);
    }

    private void Answered(PeerId follower, TimeSpan time)
    {
        var tags = _tags;
        tags.Add("peer", (long)follower.Value);
        HeartbeatDuration.Record(time.TotalSeconds, tags);
    }

    private static long BytesOf(ImmutableArray<Entry> entries)
    {
        var bytes = 0L;
        foreach (var entry in entries) bytes += entry.Data.Length;
        return bytes;
    }

    private static TagList Tags(StoreId store, RegionId region, string? queue = null)
    {
        var tags = new TagList { { "store", (long)store.Value }, { "region", (long)region.Value } };
        if (queue is not null) tags.Add("queue", queue);
        return tags;
    }
}
