using System.Globalization;
using System.Net.Sockets;
using System.Text;
using TinyKv.Testing;
using TinyKv.Testing.Processes;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Clusters;

/// <summary>A server that is started by systemd, or by what looks like it.</summary>
[Trait("lane", "slow")]
public sealed class SystemdTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _notified = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public void Dispose()
    {
        _notified.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_server_tells_systemd_when_it_has_started_and_when_it_stops()
    {
        _notified.Bind(new UnixDomainSocketEndPoint(_directory["notify"]));
        var config = _directory["tinykv.conf"];
        await File.WriteAllTextAsync(config, new StoreLayout("systemd", StoreAddress.Free(1)).Config(1, _directory["data"]));
        // A parent with the name of systemd: a shell that stays until the server has ended.
        var run = Shell.RunAsync(
            """
            cp /bin/sh "$DIRECTORY/systemd"
            exec "$DIRECTORY/systemd" -c '"$@" & echo $! > "$DIRECTORY/server"; wait $!; echo "exit $?"' systemd "$@"
            """,
            new() { ["DIRECTORY"] = _directory.Path, ["NOTIFY_SOCKET"] = _directory["notify"] },
            "server", "--config", config);
        try
        {
            Assert.Equal("READY=1", await ReceiveAsync());
            await SignalAsync("TERM");
            Assert.Equal("STOPPING=1", await ReceiveAsync());

            var (_, output, error) = await run.WaitAsync(Timeouts.Long);

            Assert.EndsWith("\nexit 0\n", output, StringComparison.Ordinal);
            Assert.Equal("", error);
        }
        finally
        {
            if (!run.IsCompleted) await SignalAsync("KILL");
        }
    }

    private async Task<string> ReceiveAsync()
    {
        var buffer = new byte[1024];
        return Encoding.UTF8.GetString(buffer, 0, await _notified.ReceiveAsync(buffer, Timeouts.Long)).Trim();
    }

    private async Task SignalAsync(string signal)
    {
        var process = await File.ReadAllTextAsync(_directory["server"]);
        await Command.SignalAsync(signal, int.Parse(process, CultureInfo.InvariantCulture));
    }
}
