using Akka.Actor;
using TinyKv.Actors.Kv;
using TinyKv.Actors.Regions;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Kv;

namespace TinyKv.Actors.Storage;

/// <summary>
/// The storage of a store whose regions are replicated: a write is answered when this replica has applied it, a read
/// comes from a view of the engine taken after the leader was confirmed and has applied what it must show.
/// </summary>
internal sealed class RaftStorage(IActorRef store, IEngine engine) : IStorage
{
    /// <inheritdoc/>
    public async Task<RegionError?> WriteAsync(
        RequestContext context, IReadOnlyList<Modify> batch, CancellationToken cancellation)
    {
        return await ProposeAsync(context, null, batch, cancellation) as RegionError;
    }

    /// <inheritdoc/>
    public async Task<OutcomeOrRefusal> WriteIfAsync(
        RequestContext context, Condition condition, IReadOnlyList<Modify> batch, CancellationToken cancellation)
    {
        return await ProposeAsync(context, condition, batch, cancellation) switch
        {
            ConditionOutcome outcome => new OutcomeOrRefusal(outcome, null),
            var refusal => new OutcomeOrRefusal(null, (RegionError)refusal),
        };
    }

    /// <inheritdoc/>
    public async Task<ReaderOrRefusal> ReaderAsync(RequestContext context, CancellationToken cancellation)
    {
        return await Ask(new Read(context.Region, context), cancellation) switch
        {
            Readable readable => new ReaderOrRefusal(new SnapshotReader(readable.Region, engine.Snapshot()), null),
            var refusal => new ReaderOrRefusal(null, (RegionError)refusal),
        };
    }

    private Task<object> ProposeAsync(
        RequestContext context, Condition? condition, IReadOnlyList<Modify> batch, CancellationToken cancellation)
    {
        var command = KvCommandCodec.Encode(context.Epoch?.Version ?? 0, batch, condition);
        Invariant.Holds(command.Length <= Limits.MaxEntryBytes, $"a command of {command.Length} bytes");
        return Ask(new Propose(context.Region, context, command, batch, condition), cancellation);
    }

    // Without a limit of its own: how long to wait is for the caller to say.
    private Task<object> Ask(RegionRequest request, CancellationToken cancellation) =>
        store.Ask<object>(request, Timeout.InfiniteTimeSpan, cancellation);
}
