using System.Buffers.Binary;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Sockets;
using TinyKv.Protocol.Wire.Kv;
using TinyKv.Tests.Server.Grpc;

namespace TinyKv.Tests.Server;

/// <summary>What is not the protocol must not hurt those who speak it.</summary>
public sealed class JunkTests : ServedTests
{
    /// <summary>How other protocols begin.</summary>
    internal static readonly byte[][] Openings =
    [
        [],
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(),
        [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03],
    ];

    [Fact]
    public async Task Junk_on_either_port_leaves_the_store_serving()
    {
        var random = new Random(20160);
        foreach (var port in new[] { Ports.Grpc, Ports.Status })
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, 200), async (i, _) =>
            {
                byte[] junk;
                lock (random)
                {
                    junk = new byte[random.Next(4096)];
                    random.NextBytes(junk);
                }
                await SendAsync(port.Number, [.. Openings[i % Openings.Length], .. junk]);
            });
        }
        await AssertServingAsync();
    }

    [Fact]
    public async Task A_message_that_is_not_protobuf_fails_its_own_call_only()
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Ports.Grpc.Number}") };
        var random = new Random(1);
        for (var i = 0; i < 100; i++)
        {
            var message = new byte[random.Next(1, 200)];
            random.NextBytes(message);
            // No field has the number 0: without it, a few bytes may happen to be a message.
            message[0] = 0;
            byte[] frame = [0, 0, 0, 0, (byte)message.Length, .. message];
            using var response = await SendAsync(client, "/tinykvpb.TinyKv/RawPut", frame);
            Assert.True(response.IsSuccessStatusCode);
            Assert.NotEqual("0", StatusOf(response));
        }
        await AssertServingAsync();
    }

    // It is small enough to be let in, and would hold a thousand times as much.
    [Theory]
    [InlineData("/tinykvpb.TinyKv/RawPut")]
    [InlineData("/tinykv.raw.v1.Raw/Put")]
    [InlineData("/tinykv.raw.v1.Raw/Stream")]
    [InlineData("/schedulerpb.Scheduler/Tso")]
    [InlineData("/tinykv.admin.v1.Admin/GetStoreStatus")]
    [InlineData("/grpc.health.v1.Health/Check")]
    [InlineData("/grpc.health.v1.Health/Watch")]
    public async Task A_compressed_message_is_refused_and_not_unpacked(string path)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Ports.Grpc.Number}") };
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            await gzip.WriteAsync(new byte[15 * 1024 * 1024]);
        }
        var frame = new byte[5 + packed.Length];
        frame[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), (int)packed.Length);
        packed.ToArray().CopyTo(frame, 5);
        using var response = await SendAsync(client, path, frame, "gzip");
        Assert.Equal("12", StatusOf(response));
        var text = response.Headers.Concat(response.TrailingHeaders).Single(each => each.Key == "grpc-message");
        Assert.StartsWith("compressed messages are not supported", Assert.Single(text.Value), StringComparison.Ordinal);
        await AssertServingAsync();
    }

    private static async Task<HttpResponseMessage> SendAsync(
        HttpClient client, string path, byte[] frame, string? encoding = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        if (encoding is not null) request.Headers.Add("grpc-encoding", encoding);
        return await client.SendAsync(request);
    }

    private static string StatusOf(HttpResponseMessage response) => Assert.Single(
        response.Headers.Concat(response.TrailingHeaders).Single(each => each.Key == "grpc-status").Value);

    /// <summary>Sends bytes and reads until the other side hangs up.</summary>
    internal static async Task SendAsync(int port, byte[] bytes)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", port);
        var stream = socket.GetStream();
        try
        {
            await stream.WriteAsync(bytes);
            socket.Client.Shutdown(SocketShutdown.Send);
            var buffer = new byte[1024];
            while (await stream.ReadAsync(buffer) > 0) { }
        }
        catch (IOException)
        {
            // The server may cut the connection at the first wrong byte.
        }
        catch (SocketException)
        {
            // The same, seen by Shutdown.
        }
    }

    private async Task AssertServingAsync()
    {
        var client = new TinyKv.Protocol.Wire.Store.TinyKv.TinyKvClient(Ports.Channel);
        var put = await client.RawPutAsync(new RawPutRequest
        {
            Context = TinyKvProtocolServiceTests.Context(),
            Key = TinyKvProtocolServiceTests.Bytes("k"),
        });
        Assert.Empty(put.Error);
        Assert.Equal("ready\n", await Ports.Http.GetStringAsync("/health/ready"));
    }
}
