using System.Diagnostics;
using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Telemetry;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Requests;

/// <summary>The calls of one message to a region: what is answered together is done together.</summary>
/// <param name="done">As <see cref="IStorage.Execute"/>.</param>
/// <param name="readers">Runs reads: the actor that answers goes on meanwhile.</param>
internal sealed class CallGroup(Action<IReadOnlyList<StorageCall>> done, TaskScheduler readers) : AnswerGroup
{
    // So many are looked up in a row; more take turns with what else there is to do.
    private const int MaxKeysInARow = 256;

    // From so many bytes on that reads hold, those who wait for them have them, and may refuse more.
    private const int MaxHeldBytes = 1024 * 1024;

    private readonly long _started = Stopwatch.GetTimestamp();

    /// <inheritdoc/>
    protected override void Delivered(List<(AskedTogether Asker, object Answer)> answers)
    {
        var (ended, reads) = (new List<StorageCall>(answers.Count), new List<(StorageCall Call, ReadView View)>());
        var keys = 0;
        foreach (var (asker, answer) in answers)
        {
            var call = Take((CallRef)asker, answer);
            if (answer is not ReadView view)
            {
                ended.Add(call);
                continue;
            }
            reads.Add((call, view));
            if ((keys += call.Keys) < MaxKeysInARow) continue;
            ReadLater(reads);
            (reads, keys) = ([], 0);
        }
        if (reads.Count > 0) ReadLater(reads);
        if (ended.Count > 0) done(ended);
    }

    private StorageCall Take(CallRef asker, object answer)
    {
        var (call, refusal) = (asker.Call, answer as RegionError);
        if (call.Batch is null) StorageMetrics.Read(_started, refusal);
        else StorageMetrics.Written(_started, refusal);
        asker.End(refusal);
        if (refusal is not null) call.Refuse(refusal);
        else if (call.Batch is not null) call.Written(answer as ConditionOutcome);
        return call;
    }

    private void ReadLater(List<(StorageCall Call, ReadView View)> reads) => _ = Task.Factory.StartNew(
        () => Read(reads), CancellationToken.None, TaskCreationOptions.DenyChildAttach, readers);

    private void Read(List<(StorageCall Call, ReadView View)> reads)
    {
        var (ended, held) = (new List<StorageCall>(reads.Count), 0L);
        foreach (var (call, view) in reads)
        {
            held += Read(call, view);
            ended.Add(call);
            if (held < MaxHeldBytes) continue;
            done(ended);
            (ended, held) = ([], 0);
        }
        if (ended.Count > 0) done(ended);
    }

    // How many bytes it holds from now on.
    private static long Read(StorageCall call, ReadView view)
    {
        using var reader = new SnapshotReader(view);
        try
        {
            call.Read(reader);
        }
        catch (Exception failure)
        {
            call.Fail(failure);
        }
        return reader.BytesRead;
    }
}

/// <summary>Waits for the answer to one call among others.</summary>
internal sealed class CallRef(CallGroup group, StorageCall call, IActorRefProvider provider) : AskedTogether(group, provider)
{
    /// <summary>The call.</summary>
    public StorageCall Call => call;

    /// <summary>Its span, while somebody traces.</summary>
    public Activity? Span { get; init; }

    /// <summary>It is answered.</summary>
    public void End(RegionError? refusal)
    {
        if (refusal is not null) Span?.SetStatus(ActivityStatusCode.Error, refusal.Message);
        Span?.Dispose();
    }
}
