using System.Text;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Faults.Linearizability;
using Operation = TinyKv.Faults.Linearizability.Operation<
    TinyKv.Faults.Linearizability.RegisterInput, TinyKv.Faults.Linearizability.RegisterOutput>;

namespace TinyKv.Faults.Workload;

/// <summary>
/// Clients that read, write and delete a few keys through the public interface, and note what they see.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private const int ClientsPerConnection = 5;
    private const int ReadersAtTheEnd = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<TinyKvClient> _connections = [];
    private readonly List<Task> _clients = [];
    private readonly LiveKeys _keys;
    private readonly TimeSpan _rest;
    private long _values;
    private int _names;

    private Load(HistoryBook history, LiveKeys keys, TimeSpan rest) => (History, _keys, _rest) = (history, keys, rest);

    /// <summary>What they saw.</summary>
    public HistoryBook History { get; }

    /// <summary>How long the values are that are written from now on.</summary>
    public int ValueBytes { get; set; } = 128;

    /// <summary>Why a client has given up, which none should.</summary>
    public string? Failure => _clients.Find(client => client.IsFaulted)?.Exception?.GetBaseException().Message;

    /// <summary>Starts the clients.</summary>
    /// <param name="endpoints">The stores.</param>
    /// <param name="history">Where to note what they see.</param>
    /// <param name="prefix">What their keys begin with.</param>
    /// <param name="clients">How many.</param>
    /// <param name="rest">How long each rests between two calls, on average.</param>
    /// <param name="seed">Decides what they call.</param>
    public static async Task<Load> StartAsync(
        IReadOnlyList<string> endpoints, HistoryBook history, string prefix, int clients, TimeSpan rest, int seed)
    {
        var load = new Load(history, new LiveKeys(prefix, Math.Max(1, clients / 2)), rest);
        for (var i = 0; i < clients; i++)
        {
            if (i % ClientsPerConnection == 0) load._connections.Add(await ConnectAsync(endpoints));
            var (raw, random) = (load._connections[^1].Raw, new Random(seed + i));
            load._clients.Add(Task.Run(() => load.RunAsync(raw, random)));
        }
        return load;
    }

    /// <summary>Waits until a write that began after now has succeeded.</summary>
    /// <exception cref="TinyKvException">None did within the time.</exception>
    public async Task ServedAsync(TimeSpan within, CancellationToken cancellation)
    {
        var from = History.Now;
        while (!History.WroteAfter(from))
        {
            if (Failure is { } failure) throw new TinyKvException($"a client failed: {failure}");
            if (History.Now - from > within.TotalMicroseconds)
                throw new TinyKvException($"no write was served within {within.TotalSeconds} s");
            await Task.Delay(20, cancellation);
        }
    }

    /// <summary>Waits until some more operations were answered.</summary>
    /// <exception cref="TinyKvException">They were not within the time.</exception>
    public async Task AnsweredAsync(int operations, TimeSpan within, CancellationToken cancellation)
    {
        var (from, before) = (History.Now, History.Answered);
        while (History.Answered < before + operations)
        {
            if (Failure is { } failure) throw new TinyKvException($"a client failed: {failure}");
            if (History.Now - from > within.TotalMicroseconds)
                throw new TinyKvException($"not even {operations} operations were served within {within.TotalSeconds} s");
            await Task.Delay(20, cancellation);
        }
    }

    /// <summary>Ends the clients; what is under way has an unknown outcome.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <summary>Reads keys once more, so that a lost write is seen even if nobody asked since.</summary>
    public static async Task ReadAllAsync(
        IReadOnlyList<string> endpoints, HistoryBook history, IEnumerable<string> keys, CancellationToken cancellation)
    {
        await using var connection = await ConnectAsync(endpoints);
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = ReadersAtTheEnd,
            CancellationToken = cancellation,
        };
        await Parallel.ForEachAsync(keys, options, async (key, token) =>
        {
            var called = history.Now;
            var value = await connection.Raw.GetAsync(Encoding.UTF8.GetBytes(key), cancellation: token);
            history.Add(key, new Operation(0, new RegisterInput.Get(), Found(value), called, history.Now));
        });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(Task.WhenAll(_clients));
        foreach (var connection in _connections) await connection.DisposeAsync();
        _stop.Dispose();
    }

    private static Task<TinyKvClient> ConnectAsync(IReadOnlyList<string> endpoints) =>
        TinyKvClient.ConnectAsync(new TinyKvClientOptions { Endpoints = endpoints, Timeout = Patience });

    private async Task RunAsync(IRawClient raw, Random random)
    {
        var name = Interlocked.Increment(ref _names);
        while (!_stop.IsCancellationRequested)
        {
            var key = _keys.Draw(random);
            RegisterInput input = random.Next(10) switch
            {
                < 5 => new RegisterInput.Put(Interlocked.Increment(ref _values)),
                < 9 => new RegisterInput.Get(),
                _ => new RegisterInput.Delete(),
            };
            var called = History.Now;
            try
            {
                var output = await CallAsync(raw, Encoding.UTF8.GetBytes(key), input);
                History.Add(key, new Operation(name, input, output, called, History.Now));
            }
            catch (TinyKvUnavailableException)
            {
                // Nothing was done, says the client; a read that sees it all the same would be an anomaly.
            }
            catch (Exception e) when (e is TinyKvUndeterminedException or OperationCanceledException)
            {
                History.Add(key, new Operation(name, input, null, called, null));
                _keys.NoteUnknown(key);
                name = Interlocked.Increment(ref _names);
            }
            if (_rest > TimeSpan.Zero) await Task.Delay(_rest * (2 * random.NextDouble()));
        }
    }

    private async Task<RegisterOutput> CallAsync(IRawClient raw, byte[] key, RegisterInput input)
    {
        switch (input)
        {
            case RegisterInput.Get:
                return Found(await raw.GetAsync(key, cancellation: _stop.Token));
            case RegisterInput.Put put:
                await raw.PutAsync(key, ValueText.Encode(put.Value, ValueBytes), cancellation: _stop.Token);
                return new RegisterOutput.Done();
            default:
                await raw.DeleteAsync(key, cancellation: _stop.Token);
                return new RegisterOutput.Done();
        }
    }

    private static RegisterOutput.Found Found(byte[]? value) => new(value is null ? null : ValueText.Decode(value));
}
