using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using TinyKv.Faults.Sandbox;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Wire.Internal;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Faults;

public sealed class SnapshotDamageTests
{
    private const int Frames = 20;

    private static readonly byte[] Part = Frame.Of(
        new SnapshotMessage { Part = new SnapshotPart { Chunk = ByteString.CopyFrom(new byte[64 * 1024]) } });

    [Fact]
    public async Task What_replicas_say_passes_as_it_is()
    {
        var (sent, arrived, damage) = await SendAsync(traffic: 1);

        Assert.Equal(sent, arrived);
        Assert.Equal((0, 0), damage);
    }

    [Fact]
    public async Task A_snapshot_arrives_with_other_bits_or_not_to_its_end()
    {
        var (sent, arrived, damage) = await SendAsync(traffic: 2);

        var wrong = sent.Zip(arrived, (before, after) => before != after).Count(differs => differs);
        Assert.Equal(damage.Damaged, wrong);
        Assert.Equal(damage.Broken > 0, arrived.Length < sent.Length);
        Assert.NotEqual((0, 0), damage);
    }

    private static async Task<(byte[] Sent, byte[] Arrived, (int Damaged, int Broken) Damage)> SendAsync(uint traffic)
    {
        byte[] sent =
            [.. Frame.Of(new LinkHello { Traffic = traffic }), .. Enumerable.Repeat(Part, Frames).SelectMany(part => part)];
        using var store = new TcpListener(IPAddress.Loopback, 0);
        store.Start();
        await using var damage = new SnapshotDamage(
            new DnsEndPoint("127.0.0.1", ((IPEndPoint)store.LocalEndpoint).Port), seed: 1);
        using var sender = new TcpClient();
        await sender.ConnectAsync(IPAddress.Loopback, damage.Port, Timeouts.Long);
        using var taken = await store.AcceptTcpClientAsync(Timeouts.Long);
        var sending = SendAsync(sender, sent);
        using var arrived = new MemoryStream();
        await taken.GetStream().CopyToAsync(arrived, Timeouts.Long);
        await sending;
        return (sent, arrived.ToArray(), (damage.Damaged, damage.Broken));
    }

    private static async Task SendAsync(TcpClient sender, byte[] bytes)
    {
        try
        {
            await sender.GetStream().WriteAsync(bytes, Timeouts.Long);
            sender.Client.Shutdown(SocketShutdown.Send);
        }
        catch (IOException)
        {
            // The connection was broken half-way.
        }
    }
}
