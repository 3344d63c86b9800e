using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using TinyKv.Host.Cli.Server;
using TinyKv.Server.Exit;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;
using Command = TinyKv.Testing.Processes.Command;

namespace TinyKv.Tests.Host.Cli.Server;

public sealed class ServerCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StringWriter _error = new();

    private string File => _directory["tinykv.conf"];

    private string Data => _directory["data"];

    public void Dispose()
    {
        _error.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_missing_file_ends_with_1_and_its_name()
    {
        Assert.Equal(ExitCode.Failure, await RunAsync("--config", File));
        Assert.Equal(
            $"tinykv: cannot read the configuration {File}: there is no such file\n", _error.ToString());
    }

    [Theory]
    [InlineData("tinykv.stroe.id = 1", "tinykv.stroe.id")]
    [InlineData("tinykv.server.max-connections = none", "tinykv.server.max-connections is 'none'")]
    [InlineData("tinykv.raft.election-ticks = 1", "tinykv.raft.election-ticks")]
    [InlineData("tinykv.store.id = 7", "tinykv.store.id is 7")]
    public async Task A_wrong_setting_ends_with_2_and_its_key_before_anything_is_made(
        string setting, string expected)
    {
        await WriteAsync(1, setting);
        Assert.Equal(ExitCode.Usage, await RunAsync("--config", File, "--data", Data));
        Assert.Contains(expected, _error.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_port_in_use_ends_with_1_and_its_number_before_anything_is_made()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await WriteAsync(port, "");
        Assert.Equal(ExitCode.Failure, await RunAsync("--config", File, "--data", Data));
        Assert.Equal(
            $"tinykv: the gRPC port 127.0.0.1:{port} is in use by another process\n", _error.ToString());
        Assert.False(Directory.Exists(Data));
    }

    [Theory]
    [InlineData("192.0.2.1", "is '192.0.2.1', which is no address of this machine; set it to one of its addresses, or to")]
    [InlineData("no-such-host.invalid", "is 'no-such-host.invalid', a name without an address; set it to")]
    public async Task An_address_that_is_not_here_now_ends_with_1_and_its_line_before_anything_is_made(
        string host, string expected)
    {
        await WriteAsync(FreePorts.TakeRange(4), $"tinykv.store.bind-host = \"{host}\"");
        Assert.Equal(ExitCode.Failure, await RunAsync("--config", File, "--data", Data));
        Assert.StartsWith($"tinykv: {File}, line 10: tinykv.store.bind-host {expected}", _error.ToString(),
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [SkippableFact]
    public async Task An_address_that_no_store_can_be_reached_at_ends_with_2_and_its_line()
    {
        Ipv6.Require();
        await WriteAsync(FreePorts.TakeRange(4), "tinykv.store.bind-host = \"::1\"");
        Assert.Equal(ExitCode.Usage, await RunAsync("--config", File, "--data", Data));
        Assert.StartsWith($"tinykv: {File}, line 10: tinykv.store.bind-host "
            + "is ::1, where nobody reaches store 1: its host, 127.0.0.1, has only IPv4 addresses, such as",
            _error.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Theory]
    [InlineData(null, "is 'FILE', which cannot be read: there is no such file")]
    [InlineData("", "is no PostgreSQL connection string, or names no host; it is written as")]
    public async Task A_connection_string_that_is_not_in_its_file_yet_ends_with_1_and_its_line(string? text, string expected)
    {
        var secret = _directory["secret"];
        if (text is not null) await System.IO.File.WriteAllTextAsync(secret, text);
        await WriteAsync(FreePorts.TakeRange(4),
            $"tinykv.journal = postgresql\ntinykv.postgresql.connection-string-file = \"{secret}\"");
        Assert.Equal(ExitCode.Failure, await RunAsync("--config", File, "--data", Data));
        Assert.StartsWith($"tinykv: {File}, line 11: tinykv.postgresql.connection-string-file "
            + expected.Replace("FILE", secret, StringComparison.Ordinal), _error.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_connection_string_may_come_by_a_pipe_which_is_read_only_once()
    {
        Skip.If(OperatingSystem.IsWindows(), "named pipes are no files there");
        var pipe = _directory["pipe"];
        await Command.RunAsync("mkfifo", pipe);
        await WriteAsync(FreePorts.TakeRange(4),
            $"tinykv.journal = postgresql\ntinykv.postgresql.connection-string-file = \"{pipe}\"");
        // Opening it waits for the reader.
        var written = Task.Run(() => System.IO.File.WriteAllText(pipe, "Host=127.0.0.1;Port=1;Database=piped"));

        var exitCode = await RunAsync("--config", File, "--data", Data);

        Assert.StartsWith("tinykv: cannot use PostgreSQL at 127.0.0.1:1, database piped: ", _error.ToString(),
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failure, exitCode);
        await written.WaitAsync(Timeouts.Long);
    }

    private Task WriteAsync(int grpcPort, string setting) => System.IO.File.WriteAllTextAsync(File, $$"""
        tinykv {
          cluster.name = "test"
          cluster.stores = [
            { id = 1, host = "127.0.0.1", grpc-port = {{grpcPort}},
              status-port = {{grpcPort + 1}}, remoting-port = {{grpcPort + 2}}, raft-port = {{grpcPort + 3}} }
          ]
          store.id = 1
          server.log-level = ERROR
        }
        {{setting}}
        """);

    private Task<int> RunAsync(params string[] arguments) => ServerCommand.Create().Parse(arguments)
        .InvokeAsync(new InvocationConfiguration { Error = _error });
}
