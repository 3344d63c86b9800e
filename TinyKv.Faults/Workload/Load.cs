using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Testing.Linearizability;
using TinyKv.Testing.Processes;
using Operation = TinyKv.Testing.Linearizability.Operation<
    TinyKv.Testing.Linearizability.RegisterInput, TinyKv.Testing.Linearizability.RegisterOutput>;

namespace TinyKv.Faults.Workload;

/// <summary>
/// Clients that read and write a few keys, with conditions and without, through every kind of client, and note what they see.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private const int ClientsPerConnection = 5;
    private const int Readers = 16;

    // They may still show that a write was lost; so many histories are kept.
    private const int RetiredKeys = 500;

    // Taken in turn.
    private static readonly Func<ProcessCluster, Task<IWorkloadClient>>[] Kinds =
        [LeaderFindingClient.OverGrpcAsync, LeaderFindingClient.OverRemotingAsync, ForwardingClient.ConnectAsync];

    private readonly CancellationTokenSource _stop = new();
    private readonly List<IWorkloadClient> _connections = [];
    private readonly List<Task> _clients = [];
    private readonly LiveKeys _keys;
    private readonly TimeSpan _rest;
    private long _values;
    private int _names;

    private Load(LoadHistory history, LiveKeys keys, TimeSpan rest) => (History, _keys, _rest) = (history, keys, rest);

    /// <summary>What they saw.</summary>
    public LoadHistory History { get; }

    /// <summary>How long the values are that are written from now on.</summary>
    public int ValueBytes { get; set; } = 128;

    /// <summary>Why a client has given up, which none should.</summary>
    public string? Failure => _clients.Find(client => client.IsFaulted)?.Exception?.GetBaseException().Message;

    /// <summary>Starts the clients.</summary>
    /// <param name="cluster">The stores.</param>
    /// <param name="history">Where to note what they see.</param>
    /// <param name="prefix">What their keys begin with.</param>
    /// <param name="clients">How many.</param>
    /// <param name="rest">How long each rests between two calls, on average.</param>
    /// <param name="seed">Decides what they call.</param>
    public static async Task<Load> StartAsync(
        ProcessCluster cluster, LoadHistory history, string prefix, int clients, TimeSpan rest, int seed)
    {
        var load = new Load(history, new LiveKeys(prefix, Math.Max(1, clients / 2)), rest);
        try
        {
            for (var i = 0; i * ClientsPerConnection < clients; i++)
                load._connections.Add(await Kinds[i % Kinds.Length](cluster));
        }
        catch
        {
            await load.DisposeAsync();
            throw;
        }
        for (var i = 0; i < clients; i++)
        {
            var (client, random) = (load._connections[i / ClientsPerConnection], new Random(seed + i));
            load._clients.Add(Task.Run(() => load.RunAsync(client, random), CancellationToken.None));
        }
        return load;
    }

    /// <summary>Waits until, through every kind of client, a write that began after now has succeeded.</summary>
    /// <exception cref="TinyKvException">None did within the time on one of them.</exception>
    public async Task ServedAsync(TimeSpan within, CancellationToken cancellation)
    {
        var from = History.Now;
        foreach (var name in _connections.Select(client => client.Name).Distinct())
            await UntilAsync(() => History.WroteSince(from, name), $"no write over {name} was", from, within, cancellation);
    }

    /// <summary>Waits until some more operations were answered.</summary>
    /// <exception cref="TinyKvException">They were not within the time.</exception>
    public Task AnsweredAsync(int operations, TimeSpan within, CancellationToken cancellation)
    {
        var before = History.Answered;
        return UntilAsync(() => History.Answered >= before + operations, $"not even {operations} operations were",
            History.Now, within, cancellation);
    }

    /// <summary>Ends the clients; what is under way has an unknown outcome.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <summary>The oldest of the keys that are not used any more, beyond those that are kept in the history.</summary>
    public IReadOnlyList<string> TakeRetiredKeys() => _keys.TakeRetired(RetiredKeys);

    /// <summary>Reads keys once more, so that a lost write is seen even if nobody asked since.</summary>
    public static Task ReadAllAsync(
        ProcessCluster cluster, LoadHistory history, IEnumerable<string> keys, CancellationToken cancellation) =>
        ForEachAsync(cluster, keys, async (client, key, token) =>
        {
            var called = history.Now;
            var input = new RegisterInput.Get();
            var output = await client.CallAsync(key, input, token);
            history.Add(key, client.Name, new Operation(0, input, output, called, history.Now));
        }, cancellation);

    /// <summary>Deletes keys that nobody looks at any more. It does not matter if one stays.</summary>
    public static Task DeleteAllAsync(ProcessCluster cluster, IEnumerable<string> keys, CancellationToken cancellation) =>
        ForEachAsync(cluster, keys, async (client, key, token) =>
        {
            try
            {
                await client.CallAsync(key, new RegisterInput.Delete(), token);
            }
            catch (Exception e) when (e is TinyKvUnavailableException or TinyKvUndeterminedException)
            {
                // It stays, or goes later.
            }
        }, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(Task.WhenAll(_clients));
        foreach (var connection in _connections) await connection.DisposeAsync();
        _stop.Dispose();
    }

    private static async Task ForEachAsync(
        ProcessCluster cluster, IEnumerable<string> keys, Func<IWorkloadClient, string, CancellationToken, Task> run,
        CancellationToken cancellation)
    {
        await using var client = await LeaderFindingClient.OverGrpcAsync(cluster);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Readers, CancellationToken = cancellation };
        await Parallel.ForEachAsync(keys, options, async (key, token) => await run(client, key, token));
    }

    private async Task UntilAsync(
        Func<bool> done, string missing, long from, TimeSpan within, CancellationToken cancellation)
    {
        while (!done())
        {
            if (Failure is { } failure) throw new TinyKvException($"a client failed: {failure}");
            if (History.Now - from > within.TotalMicroseconds)
                throw new TinyKvException($"{missing} served within {within.TotalSeconds} s");
            await Task.Delay(20, cancellation);
        }
    }

    private async Task RunAsync(IWorkloadClient client, Random random)
    {
        var name = Interlocked.Increment(ref _names);
        while (!_stop.IsCancellationRequested)
        {
            var (key, last) = _keys.Draw(random);
            var input = Draw(random, last);
            var called = History.Now;
            try
            {
                var output = await client.CallAsync(key.Name, input, _stop.Token);
                History.Add(key.Name, client.Name, new Operation(name, input, output, called, History.Now));
                _keys.NoteSeen(key, Held(input, output));
            }
            catch (TinyKvUnavailableException)
            {
                // Nothing was done, says the client; a read that sees it all the same would be an anomaly.
            }
            catch (Exception e) when (e is TinyKvUndeterminedException or OperationCanceledException)
            {
                History.Add(key.Name, client.Name, new Operation(name, input, null, called, null));
                _keys.NoteUnknown(key);
                name = Interlocked.Increment(ref _names);
            }
            finally
            {
                _keys.Release(key);
            }
            if (_rest > TimeSpan.Zero) await Task.Delay(_rest * (2 * random.NextDouble()), CancellationToken.None);
        }
    }

    // Conditions expect what was there lately: clients race for it, and about half of them hold.
    private RegisterInput Draw(Random random, long? last) => random.Next(20) switch
    {
        < 7 => new RegisterInput.Put(NewValue()),
        < 13 => new RegisterInput.Get(),
        < 15 => new RegisterInput.Delete(),
        < 17 => new RegisterInput.PutIfAbsent(NewValue()),
        19 when last is not null => new RegisterInput.CompareAndSet(last, null),
        _ => new RegisterInput.CompareAndSet(last, NewValue()),
    };

    private long NewValue() => SizedValue.Number(Interlocked.Increment(ref _values), ValueBytes);

    private static long? Held(RegisterInput input, RegisterOutput output) => (input, output) switch
    {
        (_, RegisterOutput.Found found) => found.Value,
        (_, RegisterOutput.Swapped { Succeeded: false } refused) => refused.Previous,
        (RegisterInput.CompareAndSet swap, _) => swap.Desired,
        (RegisterInput.Put put, _) => put.Value,
        _ => null,
    };
}
