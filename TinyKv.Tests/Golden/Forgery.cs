using System.Collections.Immutable;
using System.Globalization;
using TinyKv.Core.Raft;

namespace TinyKv.Tests.Golden;

/// <summary>Messages that a script makes up: the form is the trace's, with the term after the link.</summary>
internal static class Forgery
{
    /// <summary>Reads <c>n3→n1 term=1 Heartbeat commit=0 round=1</c>.</summary>
    public static RaftEnvelope Parse(string[] words)
    {
        var ends = words[0].Split('→');
        var values = words.Where(word => word.Contains('=')).Select(word => word.Split('=')).ToDictionary(w => w[0], w => w[1]);
        return new RaftEnvelope(ScriptRunner.Peer(ends[0]), ScriptRunner.Peer(ends[1]), Number("term"), words[2] switch
        {
            "RequestVote" => new RaftMessage.RequestVote(Position(values["last"]), words.Contains("transfer")),
            "SnapshotOffer" => new RaftMessage.SnapshotOffer(Position(values["at"])),
            "TimeoutNow" => new RaftMessage.TimeoutNow(Position(values["last"])),
            "Vote" => new RaftMessage.Vote(words.Contains("granted")),
            "Append" => new RaftMessage.Append(Position(values["previous"]), Entries(), Number("commit"), CompactIndex()),
            "Appended" => new RaftMessage.Appended(Number("match")),
            "Rejected" => new RaftMessage.Rejected(Number("previous"), Position(values["hint"])),
            "Heartbeat" => new RaftMessage.Heartbeat(Number("commit"), Number("round"), Optional("acknowledged"), CompactIndex()),
            "HeartbeatReply" => new RaftMessage.HeartbeatReply(
                Number("round"), Optional("acknowledged"), Optional("held")),
            _ => throw new FormatException($"there is no message {words[2]}"),
        });

        long Number(string name) => long.Parse(values[name], CultureInfo.InvariantCulture);

        long CompactIndex() => values.ContainsKey("compact") ? Number("compact") : 0;

        LogPosition Optional(string name) => values.TryGetValue(name, out var text) ? Position(text) : default;

        ImmutableArray<Entry> Entries() => values.TryGetValue("entries", out var list)
            ? [.. list.Split(',').Select(text => new Entry(Position(text), EntryKind.NoOp, default))] : [];
    }

    private static LogPosition Position(string text) => text.Split('@') is [var index, var term]
        ? new LogPosition(long.Parse(index, CultureInfo.InvariantCulture), long.Parse(term, CultureInfo.InvariantCulture))
        : throw new FormatException($"{text} is not a position");
}
