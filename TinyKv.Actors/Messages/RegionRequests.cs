using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Messages;

/// <summary>
/// What somebody on this store wants from a region's replica. Answered to the sender with a <see cref="RegionError"/>
/// or with what the region's applier answers.
/// </summary>
/// <param name="Region">Whose replica.</param>
/// <param name="Context">What the caller knows of the region; null from the store itself, which any leader serves.</param>
internal abstract record RegionRequest(RegionId Region, RequestContext? Context);

/// <summary>Replicate a command; answered when it is applied.</summary>
/// <param name="Region">Whose replica.</param>
/// <param name="Context">What the caller knows of the region.</param>
/// <param name="Command">For the log.</param>
/// <param name="Batch">The writes of the command, for the check of their keys; empty when it has no keys.</param>
/// <param name="Condition">The command's condition, for the check of its key.</param>
internal sealed record Propose(
    RegionId Region, RequestContext? Context, ReadOnlyMemory<byte> Command, IReadOnlyList<Modify> Batch,
    Condition? Condition = null)
    : RegionRequest(Region, Context)
{
    /// <summary>Whether the command is a write that may share its entry with others (<see cref="Core.Commands.WriteGroup"/>).
    /// </summary>
    public bool MayShareEntry { get; init; }

    /// <summary>What the spans of the write belong to; null while nobody traces.</summary>
    public Activity? Span { get; init; }
}

/// <summary>Answer from a state that holds everything acknowledged before now.</summary>
internal sealed record Read(RegionId Region, RequestContext? Context) : RegionRequest(Region, Context);

/// <summary>Answer with a <see cref="ReadView"/> of what is applied here, whatever is acknowledged elsewhere: for a snapshot.
/// </summary>
internal sealed record TakeView(RegionId Region) : RegionRequest(Region, null);

/// <summary>Requests that came together: each is taken or refused by itself, and answered to whoever asked for it.</summary>
internal sealed record RegionBatch(RegionId Region, ImmutableArray<AskedRequest> Requests)
{
    /// <summary>Answers each with a refusal.</summary>
    public void Refuse(Func<RegionRequest, RegionError> refusal)
    {
        var answers = new Answers();
        foreach (var (asker, request) in Requests) answers.Tell(asker, refusal(request));
        answers.Deliver();
    }
}

/// <summary>A request, and who gets the answer.</summary>
internal readonly record struct AskedRequest(IActorRef Asker, RegionRequest Request);
