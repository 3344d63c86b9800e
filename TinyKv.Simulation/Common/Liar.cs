using System.Collections.Immutable;
using TinyKv.Core.Raft;

namespace TinyKv.Simulation.Common;

/// <summary>What a liar knows of the member that it speaks to.</summary>
internal readonly record struct Listener(PeerId Id, long Term, LogPosition Last, long Commit);

/// <summary>
/// Says anything, mostly near the truth: what is far from it is refused too early to be telling. One that only disturbs
/// claims no leadership and promises nothing.
/// </summary>
/// <param name="id">Who lies.</param>
/// <param name="members">Whose names it may use.</param>
/// <param name="random">Its draws.</param>
/// <param name="onlyDisturbs">Whether it claims nothing.</param>
/// <param name="command">Makes what it puts into entries.</param>
internal sealed class Liar(
    PeerId id, ImmutableArray<PeerId> members, Random random, bool onlyDisturbs, Func<byte[]> command)
{
    // Who raises the term with every other message never speaks to a leader.
    private readonly bool _keepsTheTerm = random.Percent(50);

    // Who only wants to drive members apart.
    private readonly bool _leaps = random.Percent(20);

    /// <summary>A message for a member, from its state.</summary>
    public RaftEnvelope Lie(Listener to)
    {
        var term = Term(to);
        var from = random.Percent(2) ? SomeoneElse() : id;
        return new RaftEnvelope(from, random.Percent(99) ? to.Id : id, term, Message(to, term));
    }

    // A member, or nobody that there is.
    private PeerId SomeoneElse()
    {
        var drawn = random.Next(9);
        return drawn < members.Length ? members[drawn] : new PeerId((ulong)drawn);
    }

    private RaftMessage Message(Listener to, long term) => random.Next(onlyDisturbs ? 6 : 12) switch
    {
        0 => new RaftMessage.PreVote(Position(to, term), random.Next(5)),
        1 => new RaftMessage.PreVoteReply(random.Percent(50), Round()),
        2 => new RaftMessage.RequestVote(Position(to, term)),
        3 => new RaftMessage.Vote(!onlyDisturbs && random.Percent(50)),
        4 => new RaftMessage.Rejected(Index(to), Position(to, term)),
        5 => new RaftMessage.HeartbeatReply(Round(), Position(to, term), Position(to, term)),
        6 => new RaftMessage.Heartbeat(Index(to), Round(), Position(to, term)),
        7 => new RaftMessage.Appended(Index(to)),
        8 => new RaftMessage.TimeoutNow(random.Percent(70) ? to.Last : Position(to, term)),
        9 => new RaftMessage.RequestVote(Position(to, term), IsTransfer: true),
        _ => Append(to, term),
    };

    private RaftMessage.Append Append(Listener to, long term)
    {
        var previous = random.Percent(60) ? to.Last : Position(to, term);
        var entries = ImmutableArray.CreateBuilder<Entry>();
        var last = previous;
        for (var count = random.Next(4); count > 0; count--)
        {
            var step = random.Percent(95) ? 1 : random.Next(-1, 3);
            last = new LogPosition(last.Index + step, random.Percent(70) ? last.Term : last.Term + random.Next(-1, 3));
            if (random.Percent(30)) last = last with { Term = term };
            var kind = random.Percent(80) ? EntryKind.Command : EntryKind.NoOp;
            entries.Add(new Entry(last, kind, command()));
        }
        return new RaftMessage.Append(previous, entries.ToImmutable(), Index(to));
    }

    private long Term(Listener to) => (_leaps, _keepsTheTerm) switch
    {
        (true, _) when random.Percent(90) => to.Term + random.NextInt64(3 * RaftLimits.MaxTermStep),
        (_, true) when random.Percent(97) => to.Term,
        _ => AnyTerm(to),
    };

    private long AnyTerm(Listener to) => random.Next(60) switch
    {
        0 => to.Term + RaftLimits.MaxTermStep,
        1 => to.Term + RaftLimits.MaxTermStep + random.Next(1, 100),
        2 => Extreme(),
        < 25 => to.Term,
        < 35 => to.Term - 1,
        < 50 => to.Term + 1,
        _ => to.Term + random.Next(-2, 4),
    };

    private LogPosition Position(Listener to, long term) => random.Next(4) switch
    {
        0 => to.Last,
        1 => new LogPosition(Index(to), to.Last.Term),
        2 => new LogPosition(Index(to), term - random.Next(3)),
        _ => new LogPosition(Index(to), random.Percent(90) ? random.Next(5) : Extreme()),
    };

    private long Index(Listener to) => random.Next(20) switch
    {
        0 => Extreme(),
        < 4 => to.Commit + random.Next(-1, 2),
        < 12 => to.Last.Index + random.Next(-2, 3),
        _ => random.NextInt64(to.Last.Index + 2),
    };

    private long Round() => random.Percent(95) ? random.Next(40) : Extreme();

    private long Extreme() => random.Pick(
        long.MaxValue, long.MinValue, -1, 0, RaftLimits.MaxNumber, RaftLimits.MaxNumber + 1, int.MaxValue, 1L << 33);
}
