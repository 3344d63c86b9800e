using Akka.Actor;

namespace TinyKv.Actors.Messages;

/// <summary>Somebody who asked together with others: what they are told at the same time they are told together.</summary>
/// <param name="group">Those others.</param>
/// <param name="provider">The actor system's.</param>
internal abstract class AskedTogether(AnswerGroup group, IActorRefProvider provider) : LocalAsker(provider)
{
    /// <summary>Those who asked together.</summary>
    public AnswerGroup Group => group;

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender)
    {
        group.Add(this, message);
        group.Deliver();
    }
}

/// <summary>Gathers what those who asked together are told. From any thread.</summary>
internal abstract class AnswerGroup
{
    private readonly Lock _lock = new();
    private List<(AskedTogether Asker, object Answer)>? _gathered;

    /// <summary>Keeps an answer for the next delivery; true: it is the first since the last one.</summary>
    public bool Add(AskedTogether asker, object answer)
    {
        lock (_lock)
        {
            var isFirst = _gathered is null;
            (_gathered ??= []).Add((asker, answer));
            return isFirst;
        }
    }

    /// <summary>Delivers what is kept; what another thread has added meanwhile, too.</summary>
    public void Deliver()
    {
        List<(AskedTogether, object)>? gathered;
        lock (_lock) (gathered, _gathered) = (_gathered, null);
        if (gathered is not null) Delivered(gathered);
    }

    /// <summary>Takes answers, on the thread of an actor: it must neither block nor throw.</summary>
    protected abstract void Delivered(List<(AskedTogether Asker, object Answer)> answers);
}

/// <summary>
/// What an actor tells those who ask it. Whoever asked alone is told at once, those who asked together when the actor
/// delivers, which it does in the same turn.
/// </summary>
internal sealed class Answers
{
    private readonly List<AnswerGroup> _touched = [];

    /// <summary>Answers somebody.</summary>
    public void Tell(IActorRef asker, object answer)
    {
        if (asker is not AskedTogether member) asker.Tell(answer);
        else if (member.Group.Add(member, answer)) _touched.Add(member.Group);
    }

    /// <summary>Delivers what was told.</summary>
    public void Deliver()
    {
        foreach (var group in _touched) group.Deliver();
        _touched.Clear();
    }
}
