using System.Net;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core.Regions;

namespace TinyKv.Simulation.Nodes;

/// <summary>The Raft port of a process.</summary>
internal sealed class SimLinks(SimConnections connections, Process process) : ILinkNetwork
{
    private readonly Queue<IncomingLink> _waiting = new();
    private TaskCompletionSource<IncomingLink>? _accepting;

    /// <summary>Somebody connects to it.</summary>
    public void Come(SimSocket socket)
    {
        var connection = new IncomingLink(
            socket, new IPEndPoint(new IPAddress([10, 0, 0, (byte)socket.Peer.At.Store.Value]), 0));
        if (_accepting is { } accepting)
        {
            _accepting = null;
            accepting.SetResult(connection);
        }
        else
        {
            _waiting.Enqueue(connection);
        }
    }

    /// <inheritdoc/>
    public Task<Stream> ConnectAsync(StoreId store, CancellationToken cancellation) =>
        connections.ConnectAsync(process, store, cancellation);

    /// <inheritdoc/>
    public Task<IncomingLink> AcceptAsync()
    {
        if (_waiting.TryDequeue(out var connection)) return Task.FromResult(connection);
        _accepting = new TaskCompletionSource<IncomingLink>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _accepting.Task;
    }

    /// <summary>A process of the simulation ends without cleaning up.</summary>
    public void Dispose()
    {
    }
}
