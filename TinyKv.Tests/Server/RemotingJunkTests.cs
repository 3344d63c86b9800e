using System.Buffers.Binary;
using System.Net.Sockets;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Server;

/// <summary>What is not Akka's protocol, on the port where the stores talk to each other.</summary>
[Trait("lane", "slow")]
public sealed class RemotingJunkTests
{
    [Fact]
    public async Task Junk_on_the_remoting_port_leaves_the_cluster_serving()
    {
        await using var cluster = new TestCluster(stores: 3);
        await cluster.StartAllAsync();
        await cluster.PutAsync("before", [1]);
        var port = cluster[1].Settings.Self.RemotingPort;
        var random = new Random(4053);
        var halfOpen = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 20; i++) halfOpen.Add(await HalfOpenAsync(port, Frame(random, 4096)[..^1]));
            for (var i = 0; i < 100; i++)
            {
                var opening = JunkTests.Openings[i % JunkTests.Openings.Length];
                await JunkTests.SendAsync(port, [.. opening, .. Frame(random, random.Next(4096))]);
            }

            await cluster.PutAsync("k", [2]);
            Assert.Equal([2], await cluster.GetAsync("k"));
            Assert.All(cluster.Nodes, node => Assert.False(node.Terminated.IsCompleted));
        }
        finally
        {
            halfOpen.ForEach(connection => connection.Dispose());
        }
    }

    /// <summary>Junk behind its length, which is the right one, one that lies, or one of the other end.</summary>
    private static byte[] Frame(Random random, int length)
    {
        var frame = new byte[4 + length];
        random.NextBytes(frame.AsSpan(4));
        switch (random.Next(4))
        {
            case 0: BinaryPrimitives.WriteInt32LittleEndian(frame, length); break;
            case 1: BinaryPrimitives.WriteInt32BigEndian(frame, length); break;
            case 2: BinaryPrimitives.WriteInt32LittleEndian(frame, int.MaxValue); break;
            default: BinaryPrimitives.WriteInt32LittleEndian(frame, -1); break;
        }
        return frame;
    }

    private static async Task<TcpClient> HalfOpenAsync(int port, byte[] start)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync("127.0.0.1", port);
        await connection.GetStream().WriteAsync(start);
        return connection;
    }
}
