using Akka.Actor;
using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;

namespace TinyKv.Tests.Actors.Apply;

public sealed class PendingProposalsTests
{
    private static readonly IActorRef A = new Asker("a");
    private static readonly IActorRef B = new Asker("b");

    private readonly PendingProposals _pending = new();
    private readonly List<IActorRef> _displaced = [];

    [Fact]
    public void Whoever_asked_for_the_committed_entry_is_found()
    {
        Add(new LogPosition(7, 2), B);

        Assert.Null(_pending.Take(new LogPosition(6, 2), _displaced));
        Assert.Same(B, _pending.Take(new LogPosition(7, 2), _displaced));
        Assert.Empty(_displaced);
    }

    [Fact]
    public void An_entry_of_a_later_term_displaces_all_of_earlier_terms_also_behind_it()
    {
        Add(new LogPosition(7, 2), A);
        Add(new LogPosition(9, 2), B);

        Assert.Null(_pending.Take(new LogPosition(7, 3), _displaced));

        Assert.Equal([A, B], _displaced);
        Assert.Equal(0, _pending.Count);
    }

    [Fact]
    public void An_entry_of_an_earlier_term_displaces_nobody()
    {
        Add(new LogPosition(7, 3), B);

        Assert.Null(_pending.Take(new LogPosition(6, 2), _displaced));

        Assert.Same(B, _pending.Take(new LogPosition(7, 3), _displaced));
    }

    [Fact]
    public void After_a_change_of_leader_the_new_terms_own_are_found_behind_the_displaced()
    {
        Add(new LogPosition(7, 2), A);
        Add(new LogPosition(8, 4), B);

        Assert.Null(_pending.Take(new LogPosition(7, 4), _displaced));
        Assert.Equal([A], _displaced);
        Assert.Same(B, _pending.Take(new LogPosition(8, 4), _displaced));
    }

    private void Add(LogPosition position, IActorRef asker) => _pending.Add([new PendingProposal(position, asker)]);

    private sealed class Asker(string name) : MinimalActorRef
    {
        public override ActorPath Path => new RootActorPath(Address.AllSystems, name);

        public override IActorRefProvider Provider => throw new InvalidOperationException("nobody asks");
    }
}
