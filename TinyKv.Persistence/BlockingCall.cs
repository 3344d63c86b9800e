namespace TinyKv.Persistence;

/// <summary>Calls that a disk may hold up for ever: whoever makes one decides how long to wait for it.</summary>
public static class BlockingCall
{
    /// <summary>How long files are waited for that are closed on the way out.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Makes the call and waits at most <paramref name="timeout"/> for it; what it throws is dropped. For the way
    /// out, where something else went wrong before.</summary>
    /// <returns>Whether it has come to its end.</returns>
    public static bool Try(Action call, TimeSpan timeout)
    {
        try
        {
            return Start(call).Wait(timeout);
        }
        catch (AggregateException)
        {
            return false;
        }
    }

    /// <summary>Waits on the calling thread for what is done elsewhere: for those who are called by somebody that cannot
    /// await.</summary>
    public static T Await<T>(Func<Task<T>> call) => Task.Run(call).GetAwaiter().GetResult();

    /// <summary>Makes the call on a thread of its own, which continues for as long as the call takes. Fails with
    /// <see cref="TaskSchedulerException"/> when no thread can be had.</summary>
    public static Task Start(Action call) => Start(() =>
    {
        call();
        return true;
    });

    /// <summary>The same, for a call that returns something.</summary>
    public static Task<T> Start<T>(Func<T> call)
    {
        try
        {
            return Task.Factory.StartNew(
                call, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                TaskScheduler.Default);
        }
        catch (TaskSchedulerException none)
        {
            return Task.FromException<T>(none);
        }
    }
}
