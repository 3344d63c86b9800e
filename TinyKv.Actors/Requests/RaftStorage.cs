using System.Diagnostics;
using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Telemetry;
using TinyKv.Core;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Actors.Requests;

/// <summary>
/// The storage of a store whose regions are replicated: a write is answered when this replica has applied it, a read
/// comes from a view of the engine taken after the leader was confirmed and has applied what it must show.
/// </summary>
internal sealed class RaftStorage(IActorRef store, IEngine engine) : IStorage
{
    private readonly IActorRefProvider _provider = ((IInternalActorRef)store).Provider;

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
        var started = Stopwatch.GetTimestamp();
        var answer = await Ask(new Read(context.Region, context), cancellation);
        StorageMetrics.Read(started, answer as RegionError);
        return answer switch
        {
            Readable readable => new ReaderOrRefusal(new SnapshotReader(readable.Region, engine.Snapshot()), null),
            var refusal => new ReaderOrRefusal(null, (RegionError)refusal),
        };
    }

    private async Task<object> ProposeAsync(
        RequestContext context, Condition? condition, IReadOnlyList<Modify> batch, CancellationToken cancellation)
    {
        using var span = TinyKvTelemetry.Spans.StartActivity("tinykv.propose");
        var started = Stopwatch.GetTimestamp();
        var command = CommandCodec.Encode(new WriteCommand(context.Epoch?.Version ?? 0, batch, condition));
        Invariant.Holds(command.Length <= Limits.MaxEntryBytes, $"a command of {command.Length} bytes");
        Invariant.Holds(CommandCodec.IsWrite(command), $"a command that no replica could read");
        var proposal = new Propose(context.Region, context, command, batch, condition) { Span = span };
        var answer = await Ask(proposal, cancellation);
        if (answer is RegionError refusal) span?.SetStatus(ActivityStatusCode.Error, refusal.Message);
        StorageMetrics.Written(started, answer as RegionError);
        return answer;
    }

    // Without a limit of its own: how long to wait is for the caller to say.
    private Task<object> Ask(RegionRequest request, CancellationToken cancellation)
    {
        var reply = new ReplyRef(_provider);
        store.Tell(request, reply);
        return reply.AnswerAsync(cancellation);
    }
}
