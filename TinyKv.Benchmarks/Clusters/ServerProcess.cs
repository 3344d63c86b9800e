using System.Diagnostics;
using System.Globalization;

namespace TinyKv.Benchmarks.Clusters;

/// <summary>
/// A server that ends with this process, however that ends: a shell in between kills it when its standard input closes.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string Guard = """
        log=$1; shift
        "$@" >> "$log" 2>&1 &
        echo $!
        cat > /dev/null
        kill -9 $! 2> /dev/null
        wait $! 2> /dev/null
        """;

    private readonly Process _guard;

    private ServerProcess(Process guard, int id)
    {
        _guard = guard;
        Id = id;
    }

    /// <summary>The server's process id.</summary>
    public int Id { get; }

    /// <summary>Starts a command; its output is appended to a file.</summary>
    public static async Task<ServerProcess> StartAsync(string logFile, IEnumerable<string> command)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])["-c", Guard, "sh", logFile, .. command]) start.ArgumentList.Add(argument);
        var guard = Process.Start(start)!;
        var id = await guard.StandardOutput.ReadLineAsync() ?? throw new IOException($"{logFile}: not started");
        return new ServerProcess(guard, int.Parse(id, CultureInfo.InvariantCulture));
    }

    /// <summary>kill -9, at once.</summary>
    public void Kill()
    {
        using var server = Process.GetProcessById(Id);
        server.Kill();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
    }
}
