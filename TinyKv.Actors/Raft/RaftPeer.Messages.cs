using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Akka.Event;
using TinyKv.Core.Raft;

namespace TinyKv.Actors.Raft;

internal sealed partial class RaftPeer
{
    /// <summary>One tick has passed.</summary>
    internal sealed class Tick : IDeadLetterSuppression
    {
        public static Tick Instance { get; } = new();
    }

    /// <summary>The requests that were in the mailbox are all queued now.</summary>
    private sealed class Flush
    {
        public static Flush Instance { get; } = new();
    }

    /// <summary>A journal write whose messages wait for it.</summary>
    private sealed class PendingWrite(RaftRecord record, ImmutableArray<RaftEnvelope> messages)
    {
        public long Started { get; } = Stopwatch.GetTimestamp();

        public long LastIndex { get; } = record.Entries.IsEmpty ? 0 : record.Entries[^1].Index;

        private List<RaftEnvelope>? _later;

        /// <summary>The messages that came with the record.</summary>
        public ReadOnlySpan<RaftEnvelope> Messages => messages.AsSpan();

        /// <summary>Those that came after it, without a record of their own.</summary>
        public ReadOnlySpan<RaftEnvelope> Later => CollectionsMarshal.AsSpan(_later);

        public void Add(ImmutableArray<RaftEnvelope> later)
        {
            if (!later.IsEmpty) (_later ??= []).AddRange(later);
        }
    }
}
