using System.Collections.Immutable;
using TinyKv.Core.Raft;

namespace TinyKv.Tests.Simulation;

/// <summary>
/// Says anything, mostly near the truth: what is far from it is refused too early to be telling. One that only disturbs
/// claims no leadership and promises nothing.
/// </summary>
internal sealed class Liar(PeerId id, Random random, bool onlyDisturbs)
{
    // Who raises the term with every other message never speaks to a leader.
    private readonly bool _keepsTheTerm = random.Percent(50);

    /// <summary>A message for a member, from its state.</summary>
    public RaftEnvelope Lie(Victim to)
    {
        var core = to.Core;
        var term = Term(core);
        var from = random.Percent(2) ? new PeerId((ulong)random.Next(9)) : id;
        return new RaftEnvelope(from, random.Percent(99) ? to.Id : id, term, Message(core, term));
    }

    private RaftMessage Message(RaftCore core, long term) => random.Next(onlyDisturbs ? 6 : 10) switch
    {
        0 => new RaftMessage.PreVote(Position(core, term), random.Next(5)),
        1 => new RaftMessage.PreVoteReply(random.Percent(50), Round()),
        2 => new RaftMessage.RequestVote(Position(core, term)),
        3 => new RaftMessage.Vote(!onlyDisturbs && random.Percent(50)),
        4 => new RaftMessage.Rejected(Index(core), Position(core, term)),
        5 => new RaftMessage.HeartbeatReply(Round(), Position(core, term), Position(core, term)),
        6 => new RaftMessage.Heartbeat(Index(core), Round(), Position(core, term)),
        7 => new RaftMessage.Appended(Index(core)),
        _ => Append(core, term),
    };

    private RaftMessage.Append Append(RaftCore core, long term)
    {
        var previous = random.Percent(60) ? core.Last : Position(core, term);
        var entries = ImmutableArray.CreateBuilder<Entry>();
        var last = previous;
        for (var count = random.Next(4); count > 0; count--)
        {
            var step = random.Percent(95) ? 1 : random.Next(-1, 3);
            last = new LogPosition(last.Index + step, random.Percent(70) ? last.Term : last.Term + random.Next(-1, 3));
            if (random.Percent(30)) last = last with { Term = term };
            var kind = random.Percent(80) ? EntryKind.Command : EntryKind.NoOp;
            entries.Add(new Entry(last, kind, new byte[random.Next(3)]));
        }
        return new RaftMessage.Append(previous, entries.ToImmutable(), Index(core));
    }

    private long Term(RaftCore core) => _keepsTheTerm && random.Percent(97) ? core.Term : random.Next(60) switch
    {
        0 => core.Term + RaftLimits.MaxTermStep,
        1 => core.Term + RaftLimits.MaxTermStep + random.Next(1, 100),
        2 => Extreme(),
        < 25 => core.Term,
        < 35 => core.Term - 1,
        < 50 => core.Term + 1,
        _ => core.Term + random.Next(-2, 4),
    };

    private LogPosition Position(RaftCore core, long term) => random.Next(4) switch
    {
        0 => core.Last,
        1 => new LogPosition(Index(core), core.Last.Term),
        2 => new LogPosition(Index(core), term - random.Next(3)),
        _ => new LogPosition(Index(core), random.Percent(90) ? random.Next(5) : Extreme()),
    };

    private long Index(RaftCore core) => random.Next(20) switch
    {
        0 => Extreme(),
        < 4 => core.Commit + random.Next(-1, 2),
        < 12 => core.Last.Index + random.Next(-2, 3),
        _ => random.NextInt64(core.Last.Index + 2),
    };

    private long Round() => random.Percent(95) ? random.Next(40) : Extreme();

    private long Extreme() => random.Pick(
        long.MaxValue, long.MinValue, -1, 0, RaftLimits.MaxNumber, RaftLimits.MaxNumber + 1, int.MaxValue, 1L << 33);
}
