using System.Net.Sockets;
using TinyKv.Protocol.Wire.Kv;
using TinyKv.Tests.Actors.Node;
using TinyKv.Tests.Server.Grpc;

namespace TinyKv.Tests.Server.Ports;

/// <summary>Connections to the gRPC and status ports that only take room.</summary>
[Trait("lane", "slow")]
public sealed class ConnectionGateTests : ServedTests, IDisposable
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();
    private static readonly byte[] EmptySettings = [0, 0, 0, 4, 0, 0, 0, 0, 0];

    private readonly List<TcpClient> _idle = [];

    public void Dispose() => _idle.ForEach(connection => connection.Dispose());

    [Fact]
    public async Task Connections_that_say_nothing_keep_nobody_out_of_the_grpc_port()
    {
        for (var i = 0; i < 2 * ServedPorts.Settings.MaxConnections; i++) await ConnectAsync(Ports.Grpc.Number, []);
        await AssertServingAsync();
    }

    [Fact]
    public async Task One_address_has_so_many_connections_to_the_grpc_port_and_no_more()
    {
        for (var i = 0; i < ServedPorts.Settings.MaxConnectionsPerAddress; i++)
        {
            var connection = await ConnectAsync(Ports.Grpc.Number, [.. Preface, .. EmptySettings]);
            Assert.True(await IsServedAsync(connection));
        }
        Assert.False(await IsServedAsync(await ConnectAsync(Ports.Grpc.Number, [.. Preface, .. EmptySettings])));
        _idle[0].Dispose();
        await Eventually.Async(async () =>
        {
            try
            {
                await AssertServingAsync();
                return "there is room again";
            }
            catch (global::Grpc.Core.RpcException)
            {
                return null;
            }
        });
    }

    [Fact]
    public async Task A_connection_that_does_not_begin_to_speak_is_closed() =>
        Assert.False(await IsServedAsync(await ConnectAsync(Ports.Grpc.Number, Preface[..10])));

    [Fact]
    public async Task Half_requests_do_not_keep_a_probe_from_its_answer()
    {
        for (var i = 0; i < 600; i++) await ConnectAsync(Ports.Status.Number, "GET /health/live HTTP/1.1\r\n"u8.ToArray());
        for (var i = 0; i < 20; i++)
        {
            using var probe = new HttpClient();
            Assert.Equal("live\n", await probe.GetStringAsync(
                new Uri($"http://127.0.0.1:{Ports.Status.Number}/health/live"), Timeouts.Long));
        }
    }

    [Fact]
    public async Task A_probe_that_hundreds_connect_after_still_says_what_it_wants()
    {
        var probe = await ConnectAsync(Ports.Status.Number, []);
        for (var i = 0; i < 200; i++) await ConnectAsync(Ports.Status.Number, "GET /health/live HTTP/1.1\r\n"u8.ToArray());

        await probe.GetStream().WriteAsync("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), Timeouts.Long);

        using var answer = new StreamReader(probe.GetStream());
        Assert.EndsWith("\r\n\r\nlive\n", await answer.ReadToEndAsync(Timeouts.Long), StringComparison.Ordinal);
    }

    [Fact]
    public async Task However_many_come_a_request_that_is_being_answered_keeps_its_connection()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Describable = answer.Task;
        var status = Ports.Http.GetStringAsync("/status");
        await Store.Asked.Task.WaitAsync(Timeouts.Long);
        for (var i = 0; i < 600; i++) await ConnectAsync(Ports.Status.Number, "GET /status HTTP/1.1\r\n"u8.ToArray());
        // The oldest of those that came later.
        Assert.False(await IsServedAsync(_idle[0]));
        answer.SetResult();
        Assert.Contains("cluster_id", await status.WaitAsync(Timeouts.Long), StringComparison.Ordinal);
    }

    private async Task<TcpClient> ConnectAsync(int port, byte[] opening)
    {
        var connection = new TcpClient();
        _idle.Add(connection);
        await connection.ConnectAsync("127.0.0.1", port, Timeouts.Long);
        try
        {
            await connection.GetStream().WriteAsync(opening, Timeouts.Long);
        }
        catch (Exception e) when (IsClosed(e))
        {
            // To make room for another.
        }
        return connection;
    }

    // Whoever is served gets the server's settings.
    private static async Task<bool> IsServedAsync(TcpClient connection)
    {
        try
        {
            return await connection.GetStream().ReadAsync(new byte[1], Timeouts.Long) > 0;
        }
        catch (Exception e) when (IsClosed(e))
        {
            return false;
        }
    }

    // A socket that was found broken before has no stream any more.
    private static bool IsClosed(Exception failure) => failure is IOException or InvalidOperationException;

    private async Task AssertServingAsync()
    {
        var client = new TinyKv.Protocol.Wire.Store.TinyKv.TinyKvClient(Ports.Channel);
        var put = await client.RawPutAsync(new RawPutRequest
        {
            Context = TinyKvProtocolServiceTests.Context(),
            Key = TinyKvProtocolServiceTests.Bytes("k"),
        });
        Assert.Empty(put.Error);
    }
}
