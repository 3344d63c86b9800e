namespace TinyKv.Persistence;

/// <summary>Calls that a disk may hold up for ever: whoever makes one decides how long to wait for it.</summary>
public static class BlockingCall
{
    /// <summary>Makes the call on a thread of its own, which goes on for as long as the call takes.</summary>
    public static Task Start(Action call) => Task.Factory.StartNew(
        call, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
        TaskScheduler.Default);
}
