using System.Globalization;
using System.Text;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;

namespace TinyKv.Tests.Golden;

/// <summary>Writes what happens in a group as text that reads like the paper's figures.</summary>
internal sealed class RaftTrace
{
    private readonly StringBuilder _text = new();

    /// <summary>Leaves lines out: what leads up to a scenario and is shown by another one.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Shows what a leader keeps: where logs are compacted, and nowhere else.</summary>
    public bool ShowsCompactIndex { get; set; }

    public void Line(string line)
    {
        if (!IsQuiet) _text.Append(line).Append('\n');
    }

    public override string ToString() => _text.ToString();

    public static string Of(LeadershipChange change, PeerId self) => change.Role switch
    {
        RoleKind.PreCandidate => $"{self}@{change.Term} polls",
        RoleKind.Candidate => $"{self}@{change.Term} stands for election",
        RoleKind.Leader => $"{self}@{change.Term} leads",
        _ when change.Leader == PeerId.None => $"{self}@{change.Term} follows nobody",
        _ => $"{self}@{change.Term} follows {change.Leader}",
    };

    public static string Of(RaftCore core) =>
        $"{core.Role}@{core.Term} leader={Name(core.Leader)} last={core.Last} commit={core.Commit}"
        + (core.FirstIndex > 1 ? $" first={core.FirstIndex}" : "")
        + string.Concat(core.DataLosses.Select(loss => $" lost={Name(loss.Member)}:{loss.Held}..{loss.Acknowledged}"));

    public static string Of(DataLossReport report, PeerId self)
    {
        var (loss, stage) = (report.Loss, report.Stage);
        var what = $"{loss.Member} acknowledged {loss.Acknowledged} in term {loss.Term} and holds {loss.Held}";
        return stage switch
        {
            DataLossStage.Found => $"{self} finds: {what}",
            DataLossStage.Confirmed => $"{self} must end: {what}",
            _ => $"{self} clears: {what}",
        };
    }

    public static string Of(Entry entry) => entry.Kind switch
    {
        EntryKind.NoOp => $"{entry.Position}",
        EntryKind.Configuration => $"{entry.Position} members {Of(ConfigurationCodec.Decode(entry.Data.Span))}",
        _ => $"{entry.Position} {Encoding.UTF8.GetString(entry.Data.Span)}",
    };

    public static string Of(Configuration members) => string.Join(' ', members.Members.Select(member =>
        $"{member.Id}{(member.Role == MemberRole.Learner ? "(learner)" : "")}"));

    public static string Of(TransferOutcome outcome) => outcome is TransferOutcome.Refused refused
        ? $"refused, {refused.Reason}: {refused.Message}" : "begun";

    public static string Of(ConfChangeOutcome outcome) => outcome switch
    {
        ConfChangeOutcome.Accepted => "accepted",
        ConfChangeOutcome.AlreadyDone => "done already",
        ConfChangeOutcome.Refused refused => $"refused, {refused.Reason}: {refused.Message}",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "not an outcome"),
    };

    public static string Of(IEnumerable<Entry> entries) => $"[{string.Join(", ", entries.Select(Of))}]";

    /// <summary>A record; term and vote only when they changed.</summary>
    public static string Of(RaftRecord record, RaftRecord? before)
    {
        var parts = new List<string>();
        if (record.Term != (before?.Term ?? 0)) parts.Add($"term={record.Term}");
        if (record.Vote != (before?.Vote ?? PeerId.None)) parts.Add($"vote={Name(record.Vote)}");
        if (!record.Entries.IsEmpty) parts.Add(Of(record.Entries));
        return string.Join(' ', parts);
    }

    /// <summary>A checkpoint, whole.</summary>
    public static string Of(RaftCheckpoint checkpoint) => string.Create(CultureInfo.InvariantCulture,
        $"a checkpoint: term={checkpoint.Record.Term} vote={Name(checkpoint.Record.Vote)} up to {checkpoint.Initial.Truncated}, ")
        + $"members {Of(checkpoint.Initial.Configuration)}, then {Of(checkpoint.Record.Entries)}";

    public string Of(RaftEnvelope envelope, bool isLost) => string.Create(
        CultureInfo.InvariantCulture,
        $"{envelope.From}@{envelope.Term} {(isLost ? '⇸' : '→')} {envelope.To} {Of(envelope.Message)}");

    public static string Name(PeerId peer) => peer == PeerId.None ? "nobody" : peer.ToString();

    private string Compact(long compactIndex) => ShowsCompactIndex ? $" compact={compactIndex}" : "";

    private string Of(RaftMessage message) => message switch
    {
        RaftMessage.PreVote m => $"PreVote last={m.Last}",
        RaftMessage.PreVoteReply m => $"PreVoteReply {(m.Granted ? "granted" : "refused")}",
        RaftMessage.RequestVote m => $"RequestVote last={m.Last}{(m.IsTransfer ? " transfer" : "")}",
        RaftMessage.SnapshotOffer m => $"SnapshotOffer at={m.AtLeast}",
        RaftMessage.Inquiry => "Inquiry",
        RaftMessage.Removed m => $"Removed confVer={m.ConfVer}",
        RaftMessage.TimeoutNow m => $"TimeoutNow last={m.Last}",
        RaftMessage.Vote m => $"Vote {(m.Granted ? "granted" : "refused")}",
        RaftMessage.Append m => $"Append previous={m.Previous} {Of(m.Entries)} commit={m.Commit}{Compact(m.CompactIndex)}",
        RaftMessage.Appended m => $"Appended match={m.Match}",
        RaftMessage.Rejected m => $"Rejected previous={m.Previous} hint={m.Hint}",
        RaftMessage.Heartbeat m =>
            $"Heartbeat commit={m.Commit} round={m.Round} acknowledged={m.Acknowledged}{Compact(m.CompactIndex)}",
        RaftMessage.HeartbeatReply m when m.Held != m.Acknowledged =>
            $"HeartbeatReply round={m.Round} acknowledged={m.Acknowledged} held={m.Held}",
        RaftMessage.HeartbeatReply m => $"HeartbeatReply round={m.Round}",
        _ => throw new ArgumentOutOfRangeException(nameof(message), message, "not a message"),
    };
}
