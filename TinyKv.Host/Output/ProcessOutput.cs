using System.Runtime.InteropServices;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Output;

/// <summary>The standard streams of a process that must outlive them, see <see cref="LossyWriter"/>.</summary>
internal static partial class ProcessOutput
{
    /// <summary>How long a process that ends waits for what it has said last.</summary>
    public static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(500);

    private const int GetDescriptorFlags = 1; // F_GETFD
    private const int CloseOnExec = 1; // FD_CLOEXEC

    private static readonly Lazy<LossyWriter> LazyOut = new(() => Over(1, Console.OpenStandardOutput));
    private static readonly Lazy<LossyWriter> LazyError = new(() => Over(2, Console.OpenStandardError));

    // Held for as long as the process runs.
    private static readonly List<FileStream> Placeholders = [];

    /// <summary>Standard output.</summary>
    public static LossyWriter Out => LazyOut.Value;

    /// <summary>Standard error.</summary>
    public static LossyWriter Error => LazyError.Value;

    /// <summary>Ends this process, after what it has said last.</summary>
    public static ExitDeadline Deadline { get; } = new(() => Drain(LastWords));

    /// <summary>Lets everybody in this process who writes to the console write here.</summary>
    public static void TakeConsole()
    {
        var (output, error) = (Out, Error);
        // A data file that got the number of a stream would be written over by whoever writes to that stream.
        while (!OperatingSystem.IsWindows() && Enumerable.Range(0, 3).Any(IsClosed))
            Placeholders.Add(new FileStream("/dev/null", FileMode.Open, FileAccess.ReadWrite));
        Console.SetOut(output);
        Console.SetError(error);
    }

    /// <summary>Waits for what was written, but not longer than <paramref name="bound"/>.</summary>
    public static void Drain(TimeSpan bound)
    {
        if (LazyError.IsValueCreated) Error.Drain(bound);
        if (LazyOut.IsValueCreated) Out.Drain(bound);
    }

    private static LossyWriter Over(int descriptor, Func<Stream> open) =>
        new(IsInherited(descriptor) ? open() : Stream.Null);

    // A stream that was closed when the process started has been replaced by something of the runtime's own: what was
    // opened since is not passed on to other programs, what was inherited is.
    private static bool IsInherited(int descriptor) =>
        OperatingSystem.IsWindows() || (Flags(descriptor, GetDescriptorFlags) & CloseOnExec) == 0;

    private static bool IsClosed(int descriptor) => Flags(descriptor, GetDescriptorFlags) < 0;

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Flags(int descriptor, int command);
}
