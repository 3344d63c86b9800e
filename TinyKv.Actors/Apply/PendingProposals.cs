using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;

namespace TinyKv.Actors.Apply;

/// <summary>
/// Who waits for which position of the log. Terms never fall along a log: once an entry of a later term is committed,
/// no waiting command of an earlier term can be any more, wherever it stood.
/// </summary>
internal sealed class PendingProposals
{
    private readonly Queue<PendingProposal> _waiting = new();

    /// <summary>How many wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>Enters commands; positions ascend, or the term does.</summary>
    public void Add(IEnumerable<PendingProposal> proposals)
    {
        foreach (var proposal in proposals) _waiting.Enqueue(proposal);
    }

    /// <summary>Takes out all who wait.</summary>
    public IEnumerable<IActorRef> TakeAll()
    {
        while (_waiting.TryDequeue(out var proposal)) yield return proposal.Asker;
    }

    /// <summary>
    /// A command at <paramref name="applied"/> is committed: takes out who asked for it, if anybody here did, and
    /// puts those whose commands it has displaced into <paramref name="displaced"/>. Commands that share an entry are
    /// taken one after the other.
    /// </summary>
    public IActorRef? Take(LogPosition applied, ICollection<IActorRef> displaced)
    {
        while (_waiting.TryPeek(out var head))
        {
            if (head.Position == applied) return _waiting.Dequeue().Asker;
            if (head.Position.Term >= applied.Term) return null;
            displaced.Add(_waiting.Dequeue().Asker);
        }
        return null;
    }
}
