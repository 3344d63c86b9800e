using System.Runtime.InteropServices;

namespace TinyKv.Server.Exit;

/// <summary>Ends a process at a deadline, whatever hangs.</summary>
/// <param name="after">The time until then.</param>
/// <param name="code">The exit code, if the process has not ended by itself before.</param>
/// <param name="unless">Asked at the deadline: whether there is no need any more.</param>
public delegate void EndBy(TimeSpan after, int code, Func<bool>? unless = null);

/// <summary>
/// The end of this process that waits for nothing: no thread, disk, exit handler, finalizer or destructor of a library.
/// Environment.Exit waits for the last three; RocksDB's destructors for its threads, and those for the disk.
/// </summary>
/// <param name="drain">Called before the end, to bring out what was said last; must return soon. Null: there is nothing.</param>
public sealed partial class ExitDeadline(Action? drain = null)
{
    /// <summary>How long a process whose work is done may take to end.</summary>
    public static TimeSpan AfterMain { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Arms a deadline. Of several the first to come ends the process. When there is no thread for it, the
    /// deadline has come.</summary>
    public void Arm(TimeSpan after, int code, Func<bool>? unless = null)
    {
        try
        {
            new Thread(() => Await(after, code, unless)) { IsBackground = true, Name = "exit deadline" }.Start();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            Await(TimeSpan.Zero, code, unless);
        }
    }

    /// <summary>Waits for the deadline on the calling thread, and ends the process.</summary>
    public void Await(TimeSpan after, int code, Func<bool>? unless = null)
    {
        // Threads that run managed code still do so while the process waits for its libraries.
        Thread.Sleep(after);
        if (unless?.Invoke() == true) return;
        drain?.Invoke();
        End(code);
    }

    /// <summary>Ends the process now.</summary>
    public static void End(int code)
    {
        if (OperatingSystem.IsWindows()) Environment.Exit(code);
        else ExitNow(code);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int code);
}
