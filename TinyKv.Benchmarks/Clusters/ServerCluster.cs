using TinyKv.Benchmarks.Targets;

namespace TinyKv.Benchmarks.Clusters;

/// <summary>Three members of a system on this machine, as processes, on the loopback interface.</summary>
internal abstract class ServerCluster : IAsyncDisposable
{
    /// <summary>How many members.</summary>
    protected const int Members = 3;

    private readonly ServerProcess?[] _running = new ServerProcess?[Members];

    /// <summary>Where members answer clients, host:port.</summary>
    public abstract IReadOnlyList<string> Endpoints { get; }

    /// <summary>The processes that run.</summary>
    public IReadOnlyList<int> ProcessIds => [.. _running.OfType<ServerProcess>().Select(server => server.Id)];

    /// <summary>Starts the members that do not run.</summary>
    public async Task StartAsync()
    {
        for (var index = 0; index < Members; index++)
            if (_running[index] is null) await StartAsync(index);
    }

    /// <summary>Starts one member.</summary>
    public async Task StartAsync(int index) =>
        _running[index] = await ServerProcess.StartAsync(LogFile(index), Command(index));

    /// <summary>kill -9 of one member.</summary>
    public async Task KillAsync(int index)
    {
        if (_running[index] is not { } server) return;
        _running[index] = null;
        server.Kill();
        await server.DisposeAsync();
    }

    /// <summary>kill -9 of all members.</summary>
    public async Task KillAllAsync()
    {
        for (var index = 0; index < Members; index++) await KillAsync(index);
    }

    /// <summary>Connects when the cluster serves writes.</summary>
    public async Task<ITarget> ConnectAsync(TargetKind kind, int connections, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var target = await kind.Connect(Endpoints, connections, cancellation);
                await target.PutAsync("ready"u8.ToArray(), "ready"u8.ToArray(), cancellation);
                return target;
            }
            catch (Exception) when (!cancellation.IsCancellationRequested)
            {
                await Task.Delay(100, cancellation); // not up yet
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var server in _running.OfType<ServerProcess>()) await server.DisposeAsync();
    }

    /// <summary>The command line of a member.</summary>
    protected abstract IReadOnlyList<string> Command(int index);

    /// <summary>Where the output of a member goes.</summary>
    protected abstract string LogFile(int index);
}
