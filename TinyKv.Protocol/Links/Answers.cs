namespace TinyKv.Protocol.Links;

/// <summary>How a caller waits for one answer.</summary>
internal static class Answers
{
    /// <summary>The answer, or that the caller has given up. Completes nothing on the thread pool but what the source
    /// does.</summary>
    public static async Task<object> AnswerAsync(
        this TaskCompletionSource<object> source, CancellationToken cancellation)
    {
        if (!cancellation.CanBeCanceled) return await source.Task;
        await using var registration = cancellation.UnsafeRegister(
            static (source, token) => ((TaskCompletionSource<object>)source!).TrySetCanceled(token), source);
        return await source.Task;
    }
}
