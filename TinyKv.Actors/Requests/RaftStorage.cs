using System.Collections.Immutable;
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
/// comes from a view of the engine that the state machine took after the leader was confirmed and had applied what the read
/// must show.
/// </summary>
/// <param name="store">Takes requests for all regions.</param>
/// <param name="readers">Runs the reads of calls that came together; null: the pool.</param>
internal sealed class RaftStorage(IActorRef store, TaskScheduler? readers = null) : IStorage
{
    private const string ProposeSpan = "tinykv.propose";

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
            ReadView view => new ReaderOrRefusal(new SnapshotReader(view), null),
            var refusal => new ReaderOrRefusal(null, (RegionError)refusal),
        };
    }

    /// <inheritdoc/>
    public void Execute(IReadOnlyList<StorageCall> calls, Action<IReadOnlyList<StorageCall>> done)
    {
        var first = calls[0].Context.Region;
        if (calls.All(call => call.Context.Region == first))
        {
            Execute(first, calls, done);
            return;
        }
        foreach (var region in calls.GroupBy(call => call.Context.Region)) Execute(region.Key, [.. region], done);
    }

    private void Execute(RegionId region, IReadOnlyList<StorageCall> calls, Action<IReadOnlyList<StorageCall>> done)
    {
        var group = new CallGroup(done, readers ?? TaskScheduler.Default);
        var requests = ImmutableArray.CreateBuilder<AskedRequest>(calls.Count);
        foreach (var call in calls)
        {
            try
            {
                requests.Add(RequestOf(call, group));
            }
            catch (Exception failure)
            {
                call.Fail(failure);
                done([call]);
            }
        }
        store.Tell(new RegionBatch(region, requests.DrainToImmutable()), ActorRefs.NoSender);
    }

    private AskedRequest RequestOf(StorageCall call, CallGroup group)
    {
        if (call.Batch is not { } batch)
            return new AskedRequest(new CallRef(group, call, _provider), new Read(call.Context.Region, call.Context));
        var span = StartSpan(call.Trace);
        var proposal = ProposalOf(call.Context, call.Condition, batch, span);
        return new AskedRequest(new CallRef(group, call, _provider) { Span = span }, proposal);
    }

    // It ends elsewhere, and is not what those around it belong to.
    private static Activity? StartSpan(ActivityContext caller)
    {
        if (!TinyKvTelemetry.Spans.HasListeners()) return null;
        var current = Activity.Current;
        var span = TinyKvTelemetry.Spans.StartActivity(ProposeSpan, ActivityKind.Internal, caller);
        Activity.Current = current;
        return span;
    }

    private async Task<object> ProposeAsync(
        RequestContext context, Condition? condition, IReadOnlyList<Modify> batch, CancellationToken cancellation)
    {
        using var span = TinyKvTelemetry.Spans.StartActivity(ProposeSpan);
        var started = Stopwatch.GetTimestamp();
        var answer = await Ask(ProposalOf(context, condition, batch, span), cancellation);
        if (answer is RegionError refusal) span?.SetStatus(ActivityStatusCode.Error, refusal.Message);
        StorageMetrics.Written(started, answer as RegionError);
        return answer;
    }

    private static Propose ProposalOf(
        RequestContext context, Condition? condition, IReadOnlyList<Modify> batch, Activity? span)
    {
        var command = CommandCodec.Encode(new WriteCommand(context.Epoch?.Version ?? 0, batch, condition));
        Invariant.Holds(command.Length <= Limits.MaxEntryBytes, $"a command of {command.Length} bytes");
        Invariant.Holds(CommandCodec.IsWrite(command), $"a command that no replica could read");
        return new Propose(context.Region, context, command, batch, condition) { MayShareEntry = condition is null, Span = span };
    }

    // Without a limit of its own: how long to wait is for the caller to say.
    private Task<object> Ask(RegionRequest request, CancellationToken cancellation)
    {
        var reply = new ReplyRef(_provider);
        store.Tell(request, reply);
        return reply.AnswerAsync(cancellation);
    }
}
