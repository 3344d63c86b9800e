using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using TinyKv.Testing;
using TinyKv.Testing.Processes;

namespace TinyKv.Tests.Persistence.Sql;

/// <summary>A PgBouncer in front of a test's database.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    // It asks for one, although the server behind it does not.
    private const string Password = "secret";

    private readonly TemporaryDirectory _directory;
    private readonly Process _process;
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly int _port = FreePorts.Take();

    private PgBouncer(string program, TemporaryDirectory directory, NpgsqlConnectionStringBuilder server, string mode)
    {
        (_directory, _server) = (directory, server);
        File.WriteAllText($"{_directory.Path}/users", $"\"{server.Username}\" \"{Password}\"\n");
        Configure(mode);
        // As root it does not run.
        string[] user = Environment.UserName == "root" ? ["-u", "nobody"] : [];
        _process = Process.Start(new ProcessStartInfo(program, ["-q", .. user, $"{_directory.Path}/ini"])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
    }

    /// <summary>How it is reached, not how the database is.</summary>
    public string Connection => new NpgsqlConnectionStringBuilder(_server.ConnectionString)
    {
        Host = "127.0.0.1",
        Port = _port,
        Password = Password,
    }.ConnectionString;

    /// <summary>Starts it; skips the test when it is not installed.</summary>
    public static async Task<PgBouncer> StartAsync(NpgsqlConnectionStringBuilder server, string mode)
    {
        string[] places = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];
        var program = Array.Find(places, File.Exists);
        Skip.If(program is null, "PgBouncer is not installed (Debian's package pgbouncer)");
        var directory = new TemporaryDirectory();
        // Its user is another one.
        await Command.RunAsync("chmod", "a+rx", directory.Path);
        var bouncer = new PgBouncer(program!, directory, server, mode);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await bouncer.ListensAsync())
        {
            if (bouncer._process.HasExited)
                throw new InvalidOperationException(await bouncer._process.StandardError.ReadToEndAsync(deadline.Token));
            await Task.Delay(20, deadline.Token);
        }
        return bouncer;
    }

    /// <summary>Changes the mode of a PgBouncer that runs.</summary>
    public Task ReconfigureAsync(string mode)
    {
        Configure(mode);
        return Command.SignalAsync("HUP", _process.Id);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory.Dispose();
    }

    private void Configure(string mode) => File.WriteAllText($"{_directory.Path}/ini", $"""
        [databases]
        * = host={_server.Host} port={_server.Port}
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {_port}
        unix_socket_dir =
        auth_type = scram-sha-256
        auth_file = {_directory.Path}/users
        pool_mode = {mode}
        """);

    private async Task<bool> ListensAsync()
    {
        using var probe = new TcpClient();
        try
        {
            await probe.ConnectAsync(IPAddress.Loopback, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
