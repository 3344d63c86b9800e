using System.Diagnostics;
using System.Globalization;
using TinyKv.Core;
using TinyKv.Faults.Sandbox;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.PowerCuts;

/// <summary>
/// The PostgreSQL server behind the journals of the stores. It only listens on a socket in its directory, and ends with
/// the run, because it runs inside of the run's <see cref="Isolation"/>.
/// </summary>
internal sealed class PostgreSqlServer
{
    /// <summary>The name of the journal that needs it.</summary>
    public const string Journal = "postgresql";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private static readonly string[] Programs = ["initdb", "postgres", "pg_isready"];

    // It refuses to run as root.
    private static readonly string[] AsItsUser =
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"];

    // The first process of a namespace takes all others with it, and has not ended before they are gone. The namespace
    // for IPC takes away the shared memory, which the kill of a server leaves behind.
    private static readonly string[] InNamespaces = ["unshare", "--pid", "--ipc", "--fork", "--"];

    private readonly string _programs = FindPrograms()!;
    private readonly string _directory;
    private readonly string _data;
    private ServerProcess? _running;

    private PostgreSqlServer(string directory, string data) => (_directory, _data) = (directory, data);

    /// <summary>How stores find it.</summary>
    public string StoreSettings =>
        $"tinykv.postgresql.connection-string = \"Host={_directory};Database=postgres;Username=tinykv\"";

    private string Config => Path.Combine(_directory, "postgresql.conf");

    private string LogFile => Path.Combine(_directory, "postgresql.log");

    /// <summary>Says what is missing.</summary>
    /// <exception cref="TinyKvException">PostgreSQL is not installed.</exception>
    public static void RequirePrograms()
    {
        if (FindPrograms() is null)
            throw new TinyKvException("needs a PostgreSQL server; in Debian: apt-get install postgresql");
    }

    /// <summary>Makes one; it does not run yet.</summary>
    /// <param name="directory">The run's; others may pass through it from now on.</param>
    /// <param name="data">Where it keeps its data.</param>
    public static async Task<PostgreSqlServer> CreateAsync(string directory, string data)
    {
        await Command.RunAsync("chmod", "go+x", directory);
        var server = new PostgreSqlServer(Path.Combine(directory, "postgresql"), data);
        Directory.CreateDirectory(server._directory);
        Directory.CreateDirectory(data);
        server.Configure(sync: true);
        await Command.RunAsync("chown", "-R", "postgres:", server._directory, data);
        string[] words =
        [
            .. AsItsUser, server.Program("initdb"), "-D", data, "-U", "tinykv", "-A", "trust", "-E", "UTF8", "--locale=C",
        ];
        await Command.RunAsync(words[0], words[1..]);
        return server;
    }

    /// <summary>Starts it, with syncs, and waits until it has recovered.</summary>
    /// <exception cref="TinyKvException">It has not within the time, or has ended.</exception>
    public async Task StartAsync(TimeSpan within, CancellationToken cancellation)
    {
        Configure(sync: true);
        var started = Stopwatch.GetTimestamp();
        string[] words =
            [.. InNamespaces, .. AsItsUser, Program("postgres"), "-D", _data, "-c", $"config_file={Config}"];
        _running = ServerProcess.Start(new ProcessStartInfo(words[0], words[1..]), LogFile);
        while ((await Command.TryAsync(Program("pg_isready"), "-h", _directory, "-U", "tinykv")).Code != 0)
        {
            if (_running.Ended.IsCompleted)
                throw new TinyKvException($"PostgreSQL ended by itself with {await _running.Ended}");
            if (Stopwatch.GetElapsedTime(started) > within)
                throw new TinyKvException($"PostgreSQL is not ready after {within.TotalSeconds} s");
            await Task.Delay(Poll, cancellation);
        }
    }

    /// <summary>Acknowledges transactions before they are on disk, until it is started again.</summary>
    public Task StopSyncingAsync()
    {
        Configure(sync: false);
        return SignalAsync("HUP");
    }

    /// <summary>kill -9, of all its processes.</summary>
    public async Task KillAsync()
    {
        await SignalAsync("KILL");
        await _running!.Ended;
    }

    /// <summary>The last lines that it logged.</summary>
    public string Log(int lines) => "--- PostgreSQL\n" +
        (File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(lines)) : "");

    private static string? FindPrograms()
    {
        const string debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(debian) ? Directory.GetDirectories(debian) : [];
        return Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
            .Concat(versions.OrderByDescending(VersionOf).Select(version => Path.Combine(version, "bin")))
            .FirstOrDefault(directory => Programs.All(program => File.Exists(Path.Combine(directory, program))));
    }

    private static decimal VersionOf(string directory) =>
        decimal.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var version) ? version : 0;

    private string Program(string name) => Path.Combine(_programs, name);

    // All else that makes it durable is left at its default. Shared memory in files would outlive a kill.
    private void Configure(bool sync) => File.WriteAllText(Config, $"""
        listen_addresses = ''
        unix_socket_directories = '{_directory}'
        max_connections = 200
        dynamic_shared_memory_type = sysv
        fsync = {(sync ? "on" : "off")}

        """);

    // The process that was started is unshare's, which waits for the first one inside.
    private async Task SignalAsync(string signal) =>
        await Command.TryAsync("pkill", $"-{signal}", "-P", $"{_running!.Id}");
}
