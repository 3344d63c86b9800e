using System.Diagnostics;
using TinyKv.Core.Raft;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Actors.Telemetry;

/// <summary>
/// The spans of the writes that a leader has in its log and somebody traces: <c>tinykv.journal</c>, <c>tinykv.replicate</c>,
/// <c>tinykv.commit</c> and <c>tinykv.apply</c>, all within the write's own, <c>tinykv.propose</c>. Without a listener the
/// writes bring no span along, and nothing is kept.
/// </summary>
/// <param name="voters">How many members the group has.</param>
internal sealed class WriteSpans(int voters)
{
    private readonly Queue<Write> _open = new();

    /// <summary>The write of <paramref name="span"/> stands at an index of the log.</summary>
    public void Proposed(Activity? span, long index)
    {
        if (span is { IsAllDataRequested: true }) _open.Enqueue(new Write(span, index));
    }

    /// <summary>The leader's own journal has everything up to an index.</summary>
    public void Stored(long index)
    {
        foreach (var write in _open)
            if (write.Index <= index) write.Stored();
    }

    /// <summary>A follower may have acknowledged.</summary>
    public void Heard(RaftEnvelope envelope)
    {
        if (_open.Count == 0 || envelope.Message is not RaftMessage.Appended appended) return;
        foreach (var write in _open)
            if (write.Index <= appended.Match) write.Acknowledged(envelope.From, voters / 2);
    }

    /// <summary>Everything up to an index is committed.</summary>
    public void Committed(long index)
    {
        foreach (var write in _open)
            if (write.Index <= index) write.Committed();
    }

    /// <summary>Everything up to an index is applied.</summary>
    public void Applied(long index)
    {
        while (_open.TryPeek(out var oldest) && oldest.Index <= index) _open.Dequeue().Applied();
    }

    /// <summary>Leadership is lost, and with it what becomes of the writes.</summary>
    public void Clear() => _open.Clear();

    private sealed class Write(Activity span, long index)
    {
        private readonly DateTimeOffset _proposed = DateTimeOffset.UtcNow;
        private readonly HashSet<PeerId> _followers = [];
        private DateTimeOffset? _committed;
        private bool _stored;
        private bool _replicated;

        public long Index => index;

        public void Stored()
        {
            if (!_stored) Report("tinykv.journal", _proposed);
            _stored = true;
        }

        public void Acknowledged(PeerId follower, int enough)
        {
            if (_replicated || !_followers.Add(follower) || _followers.Count < enough) return;
            Report("tinykv.replicate", _proposed);
            _replicated = true;
        }

        public void Committed()
        {
            if (_committed is not null) return;
            // Alone in its group it has nobody to wait for.
            if (!_replicated) Report("tinykv.replicate", _proposed);
            Report("tinykv.commit", _proposed);
            (_replicated, _committed) = (true, DateTimeOffset.UtcNow);
        }

        public void Applied()
        {
            if (_committed is { } committed) Report("tinykv.apply", committed);
        }

        // Made when it is over, so that no span is current while the actor does other things.
        private void Report(string name, DateTimeOffset started)
        {
            using var step = TinyKvTelemetry.Spans.StartActivity(
                name, ActivityKind.Internal, span.Context, startTime: started);
            step?.SetTag("tinykv.index", index);
        }
    }
}
