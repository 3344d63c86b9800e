namespace TinyKv.Protocol.Raw;

/// <summary>A request for keys of one region that was cut from one for keys of several.</summary>
/// <param name="Request">The part, or the whole.</param>
/// <param name="Items">Of a batch: which of the whole's keys the part has, by their places; null: all of them.</param>
public sealed record RequestPart(IRoutedRequest Request, IReadOnlyList<int>? Items = null);

/// <summary>What became of a part: it has a reply, has failed, or was cut again.</summary>
/// <param name="Part">The part.</param>
public sealed record PartEnd(RequestPart Part)
{
    /// <summary>The reply, which may be a refusal.</summary>
    public IRawReply? Reply { get; init; }

    /// <summary>Why there is no reply.</summary>
    public Exception? Failure { get; init; }

    /// <summary>What takes its place, because its keys are not in one region any more.</summary>
    public IReadOnlyList<RequestPart> Cut { get; init; } = [];

    /// <summary>Whether it was done.</summary>
    public bool IsDone => Reply is { RegionError: null, Error.Length: 0 };
}

/// <summary>Sends the parts of a request, some of them at the same time.</summary>
public static class RequestParts
{
    /// <summary>So many are on their way at once.</summary>
    public const int MaxAtOnce = 16;

    /// <summary>
    /// Sends the parts, and what they are cut into, until all have ended; after one that is not done no others are sent.
    /// </summary>
    /// <param name="parts">The parts.</param>
    /// <param name="send">Sends one.</param>
    /// <returns>What became of those that were sent.</returns>
    public static async Task<IReadOnlyList<PartEnd>> SendAsync(
        IEnumerable<RequestPart> parts, Func<RequestPart, Task<PartEnd>> send)
    {
        var (waiting, sent, ends) = (new Queue<RequestPart>(parts), new List<Task<PartEnd>>(), new List<PartEnd>());
        var allDone = true;
        while (true)
        {
            while (allDone && sent.Count < MaxAtOnce && waiting.TryDequeue(out var next)) sent.Add(EndAsync(next, send));
            if (sent.Count == 0) return ends;
            var ended = await Task.WhenAny(sent);
            sent.Remove(ended);
            var end = await ended;
            foreach (var part in end.Cut) waiting.Enqueue(part);
            if (end.Cut.Count > 0) continue;
            ends.Add(end);
            allDone &= end.IsDone;
        }
    }

    // The others are not left alone when one fails.
    private static async Task<PartEnd> EndAsync(RequestPart part, Func<RequestPart, Task<PartEnd>> send)
    {
        try
        {
            return await send(part);
        }
        catch (Exception failure)
        {
            return new PartEnd(part) { Failure = failure };
        }
    }
}
