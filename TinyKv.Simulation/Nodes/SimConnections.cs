using TinyKv.Core.Regions;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Wire.Internal;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// The connections between processes that carry what replicas say. They break, or one end is gone and the other does not
/// notice; a cut keeps what is on its way, as TCP does, or breaks them.
/// </summary>
internal sealed class SimConnections(World world, SimNetwork network, bool cutsBreak)
{
    private static readonly TimeSpan LongestWrite = TimeSpan.FromMilliseconds(20);

    private readonly Random _random = world.NewRandom();
    private readonly List<SimSocket> _sockets = [];

    /// <summary>A process connects to the one that runs on a store's machine then.</summary>
    public async Task<Stream> ConnectAsync(Process from, StoreId store, CancellationToken cancellation)
    {
        var to = world.Cluster.FindMachineOf(store) ?? throw new IOException("nobody listens there");
        await Task.Delay(network.LatencyTo(to), from.Clock, cancellation);
        // What is sent to connect gets lost in a cut, whoever sends it again.
        while (network.IsCut(from.Machine, to) || network.IsCut(to, from.Machine))
            await Task.Delay(TimeSpan.FromMilliseconds(200), from.Clock, cancellation);
        if (to.Process is not { } listener) throw new IOException("nobody listens there");
        var socket = Pair(from, from.Machine, listener);
        world.Marks.Hit(NodeMark.LinkConnected);
        return socket;
    }

    /// <summary>Bytes leave; none are the end.</summary>
    public Task Send(SimSocket from, byte[] bytes, CancellationToken cancellation)
    {
        world.Trace.Mix(Digest.Of(bytes));
        from.Sent.Enqueue(bytes);
        Schedule(from);
        // The other side is slow to read.
        if (network.IsCalm || bytes.Length == 0 || from.Owner is not { } owner || !_random.Percent(3))
            return Task.CompletedTask;
        return Task.Delay(_random.NextDouble() * LongestWrite, owner.Clock, cancellation);
    }

    /// <summary>How many of so many bytes are read together.</summary>
    public int Piece(int there) => _random.Percent(90) ? there : _random.Next(1, there + 1);

    /// <summary>The connections between two machines break, as both ends notice; but for what arrives nowhere any more.</summary>
    public void Break(Machine one, Machine other)
    {
        foreach (var socket in Between(one, other)) Break(socket);
    }

    /// <summary>The process on a machine has ended; some of the others notice.</summary>
    public void Disconnect(Machine ended)
    {
        foreach (var socket in Open().Where(socket => socket.Peer.At == ended).ToList())
            if (_random.Percent(50)) world.After(network.LatencyTo(socket.At), socket.Break, socket.Owner);
    }

    /// <summary>Nothing that one process says over a connection arrives any more, until there is another.</summary>
    public void Deaden(Process from, Process to)
    {
        foreach (var socket in Open().Where(socket => socket.Owner == from && socket.Peer.Owner == to)) socket.IsDead = true;
    }

    /// <summary>What was kept by cuts goes on.</summary>
    public void Mend()
    {
        foreach (var socket in _sockets)
            for (; socket.Stalled > 0; socket.Stalled--) Schedule(socket);
    }

    /// <summary>
    /// Somebody connects to a machine who introduces himself as what he is not, does not wait for the answer, and says what
    /// only the store may say in whose name he speaks.
    /// </summary>
    public void SendStray(Machine to, LinkHello hello, RaftBatch batch)
    {
        if (to.Process is not { } listener) return;
        var socket = Pair(null, to, listener);
        _ = Send(socket, Frame.Of(hello), CancellationToken.None);
        _ = Send(socket, Frame.Of(batch), CancellationToken.None);
        _ = Send(socket, [], CancellationToken.None);
    }

    private SimSocket Pair(Process? from, Machine at, Process to)
    {
        _sockets.RemoveAll(each => each.IsOver && each.Peer.IsOver);
        var (near, far) = (new SimSocket(this, from, at), new SimSocket(this, to, to.Machine));
        (near.Peer, far.Peer) = (far, near);
        _sockets.AddRange([near, far]);
        to.Links.Come(far);
        return near;
    }

    // One for each piece; which one it is for is decided when it fires, so that none overtakes another.
    private void Schedule(SimSocket from) =>
        world.After(network.LatencyTo(from.Peer.At), () => Arrive(from), from.Peer.Owner);

    private void Arrive(SimSocket from)
    {
        if (from.Peer.IsOver || from.Sent.Count == 0) return;
        if (network.IsCut(from.At, from.Peer.At))
        {
            world.Marks.Hit(NodeMark.LinkStalled);
            from.Stalled++;
            if (cutsBreak && !from.IsDead && _random.Percent(20)) Break(from);
            return;
        }
        var bytes = from.Sent.Dequeue();
        if (from.IsDead)
        {
            world.Marks.Hit(NodeMark.MessageIntoDeadLink);
            return;
        }
        from.Peer.Take(bytes);
    }

    private void Break(SimSocket socket)
    {
        world.Marks.Hit(NodeMark.LinkBroke);
        socket.Break();
        socket.Peer.Break();
    }

    private IEnumerable<SimSocket> Open() => _sockets.Where(socket => !socket.IsOver);

    private List<SimSocket> Between(Machine one, Machine other) =>
        [.. Open().Where(socket => socket.At == one && socket.Peer.At == other && !socket.IsDead && !socket.Peer.IsDead)];
}
