using System.Diagnostics;
using TinyKv.Core;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Sandbox;

/// <summary>
/// Namespaces of its own for a run: network, mounts and processes. Whatever it makes there, the system takes away when
/// the run ends, also when it crashes or is killed: nothing can be left behind, and nothing of the machine is touched.
/// By hand: containers would need a daemon and an image, and could not cut the power of a disk.
/// </summary>
internal static class Isolation
{
    private const string Variable = "TINYKV_FAULTS_DIRECTORY";

    // Program, Debian package.
    private static readonly (string Program, string Package)[] Tools =
    [
        ("unshare", "util-linux"), ("nsenter", "util-linux"), ("setpriv", "util-linux"), ("mount", "mount"),
        ("kill", "procps"), ("pkill", "procps"),
        ("ip", "iproute2"), ("ss", "iproute2"),
        ("nft", "nftables"), ("strace", "strace"), ("mkfs.ext4", "e2fsprogs"), ("fallocate", "util-linux"),
    ];

    /// <summary>Where the run keeps its files; null outside.</summary>
    public static string? Directory => Environment.GetEnvironmentVariable(Variable);

    /// <summary>Says what is missing.</summary>
    /// <exception cref="TinyKvException">Not root, or a program is not installed.</exception>
    public static void RequireTools()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            throw new TinyKvException("needs Linux and root: it makes network namespaces, mounts and firewall rules");
        var missing = Tools.Where(tool => !IsInstalled(tool.Program)).ToList();
        if (missing.Count == 0) return;
        throw new TinyKvException($"needs {string.Join(", ", missing.Select(tool => tool.Program))}; in Debian: " +
            $"apt-get install {string.Join(' ', missing.Select(tool => tool.Package).Distinct())}");
    }

    /// <summary>Runs this program once more, inside; returns its exit code.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="directory">Where it may keep files. Its mounts there are gone when it has ended.</param>
    /// <param name="cancellation">Asks it to end.</param>
    public static async Task<int> RunInsideAsync(
        IEnumerable<string> arguments, string directory, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("unshare")
        {
            ArgumentList =
            {
                "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--", Environment.ProcessPath!,
            },
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        // Under the dotnet host the program is the assembly, not the executable.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(Isolation).Assembly.Location);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment[Variable] = directory;
        using var process = Process.Start(start)!;
        // Its standard input is the sign of our life: it ends with us, however we end.
        await using var registration = cancellation.Register(process.StandardInput.Close);
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }

    /// <summary>Prepares the inside; the token is cancelled when the outside ends.</summary>
    public static async Task EnterAsync(CancellationTokenSource stop)
    {
        var thread = new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            while (input.ReadByte() >= 0) { }
            try
            {
                stop.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The run is over.
            }
        })
        { IsBackground = true, Name = "parent watch" };
        thread.Start();
        await Command.RunAsync("ip", "link", "set", "lo", "up");
        // The names of network namespaces are files.
        System.IO.Directory.CreateDirectory("/run/netns");
        await Command.RunAsync("mount", "-t", "tmpfs", "tmpfs", "/run/netns");
    }

    private static bool IsInstalled(string program) => Environment.GetEnvironmentVariable("PATH")!
        .Split(Path.PathSeparator).Concat(["/usr/sbin", "/sbin"])
        .Any(directory => File.Exists(Path.Combine(directory, program)));
}
