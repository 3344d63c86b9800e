using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Benchmarks.Micro;

/// <summary>A leader of three and a follower, without actors, journal or network: what the protocol itself costs.</summary>
[MemoryDiagnoser]
public class CoreStep
{
    private const int Rounds = 256;

    private static readonly ImmutableArray<PeerId> Members = [new PeerId(1), new PeerId(2), new PeerId(3)];

    private static readonly Configuration Configuration =
        new(Members.Select(member => new Peer(member, new StoreId(member.Value))));

    private readonly ReadOnlyMemory<byte>[] _commands =
        [.. Enumerable.Repeat((ReadOnlyMemory<byte>)new byte[300], 64)];

    private RaftCore _leader = null!;
    private RaftCore _follower = null!;
    private ReadOnlyMemory<byte>[] _batch = [];

    /// <summary>Commands in one proposal.</summary>
    [Params(1, 64)]
    public int Batch { get; set; }

    /// <summary>Elects the leader; logs only grow, so each iteration begins with new ones.</summary>
    [IterationSetup]
    public void Elect()
    {
        _batch = _commands[..Batch];
        (_leader, _follower) = (Member(0), Member(1));
        while (_leader.Role == RoleKind.Follower) Exchange(_leader.Tick());
    }

    /// <summary>Commands proposed, replicated to one follower, stored by both, committed and told.</summary>
    [Benchmark(OperationsPerInvoke = Rounds)]
    public long Replicate()
    {
        for (var round = 0; round < Rounds; round++) Exchange(_leader.Propose(_batch));
        return _leader.Commit;
    }

    private static RaftCore Member(int index)
    {
        var core = new RaftCore(
            Members[index], new InitialState(Configuration, LogPosition.Zero), new RaftOptions(), new Random(1));
        core.Start(0);
        return core;
    }

    // What is stored is durable at once, and the third member never answers.
    private void Exchange(Effects first)
    {
        var pending = new Queue<RaftEnvelope>();
        Take(_leader, first);
        while (pending.TryDequeue(out var envelope))
        {
            if (envelope.To == Members[2]) continue;
            var receiver = envelope.To == Members[0] ? _leader : _follower;
            Take(receiver, receiver.Step(envelope));
        }

        void Take(RaftCore core, Effects effects)
        {
            while (true)
            {
                foreach (var envelope in effects.SendNow) pending.Enqueue(envelope);
                foreach (var envelope in effects.SendDurable) pending.Enqueue(envelope);
                if (effects.Store is null) return;
                effects = core.Stored();
            }
        }
    }
}
