using System.Net;
using System.Net.Sockets;
using Akka.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using TinyKv.Actors.Node;
using TinyKv.Core;
using TinyKv.Core.Regions;
using TinyKv.Persistence.Journal;
using TinyKv.Server;
using TinyKv.Server.Logging;
using TinyKv.Server.Settings;
using TinyKv.Server.Stores;

namespace TinyKv.Testing;

/// <summary>One store of a <see cref="TinyKvCluster"/>, over all its starts.</summary>
public sealed class ClusterStore
{
    private readonly Config _config;
    private StoreFaults _faults = new();
    private StoreId[] _cut = [];
    private StoreServer? _server;
    private StoreNode? _node;
    private ILoggerFactory? _logs;

    /// <param name="config">Its whole configuration.</param>
    /// <param name="address">Where it listens, as that says.</param>
    /// <param name="id">Its number; 0 for one that joins, which gets it with its first start.</param>
    internal ClusterStore(Config config, StoreAddress address, ulong id = 0) => (_config, Address, Id) = (config, address, id);

    /// <summary>Its number: from 1 on of those that the cluster began with, from 1000 on of those that were added.</summary>
    public ulong Id { get; private set; }

    /// <summary>host:port of its gRPC services.</summary>
    public string Endpoint => $"{Address.Host}:{Address.GrpcPort}";

    /// <summary>host:port of its remoting, for actor systems.</summary>
    public string RemotingEndpoint => $"{Address.Host}:{Address.RemotingPort}";

    /// <summary>Where its health, status and metrics are.</summary>
    public Uri StatusAddress => new($"http://{Address.Host}:{Address.StatusPort}");

    /// <summary>The running store: its storage, placement and actor system.</summary>
    /// <exception cref="TinyKvException">It does not run.</exception>
    public StoreNode Node => _node ?? throw new TinyKvException($"store {Id} does not run");

    /// <summary>Whether it runs: it was started, and has neither been stopped nor ended itself.</summary>
    public bool IsRunning => _node is { Terminated.IsCompleted: false };

    /// <summary>Whether it runs, its replicas know a leader, and they have caught up with it.</summary>
    public bool IsReady => _node is { IsReady: true };

    internal StoreAddress Address { get; }

    internal DiskFaults Disk => _faults.Disk;

    internal bool IsLeader => Leads > 0;

    /// <summary>How many regions it leads, as it believes itself.</summary>
    internal int Leads => !IsRunning ? 0
        : Node.Placement.Regions.Entries.Count(region => region.Leader?.Store == Node.Settings.StoreId);

    /// <summary>Whether a store did not start because somebody has taken a port of its.</summary>
    internal static bool PortWasTaken(TinyKvException refusal) => refusal.InnerException is SocketException or IOException
    {
        InnerException: AddressInUseException
    };

    internal async Task StartAsync(CancellationToken cancellation)
    {
        if (IsRunning) throw new TinyKvException($"store {Id} runs already");
        // One that has ended itself still holds its ports.
        await KillAsync();
        // A new start gets a disk that works; a partition continues.
        _faults = new StoreFaults();
        _faults.CutLinksTo(_cut);
        var settings = ServerSettings.Read(_config);
        var logs = _logs = ServerLog.Create(settings.Log);
        Id = (await StoreServer.JoinAsync(_config, logs, cancellation)).StoreId.Value;
        var endpoints = new ServerEndpoints(IPAddress.Loopback, Address.GrpcPort, Address.StatusPort);
        _server = await StoreServer.StartAsync(endpoints, settings, logs, async starting =>
        {
            _node = await StoreNode.StartAsync(_config, endpoints.Bind, _faults, starting, new LogSetup(logs, isQuiet: true));
            return new NodeStore(_node);
        }, cancellation);
    }

    internal async Task StopAsync()
    {
        Disk.Resume();
        if (_server is not null) await _server.StopAsync();
        await KillAsync();
    }

    internal async Task KillAsync()
    {
        // The journal's thread must not be left waiting.
        Disk.Resume();
        var (node, server) = (_node, _server);
        (_node, _server) = (null, null);
        if (node is not null) await node.KillAsync();
        if (server is not null) await server.DisposeAsync();
        _logs?.Dispose();
    }

    internal void CutLinksTo(IEnumerable<ulong> others)
    {
        _cut = [.. others.Select(id => new StoreId(id))];
        _faults.CutLinksTo(_cut);
    }
}
