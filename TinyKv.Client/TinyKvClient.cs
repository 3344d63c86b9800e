using System.Diagnostics;
using TinyKv.Client.Grpc;
using TinyKv.Client.Remoting;
using TinyKv.Core;
using TinyKv.Core.Regions;

namespace TinyKv.Client;

/// <summary>A connection to a cluster; thread-safe, meant to be shared.</summary>
public sealed class TinyKvClient : IAsyncDisposable
{
    private readonly TinyKvClientOptions _options;
    private readonly StoreCaller _caller;
    private readonly PlacementClient _placement;

    private TinyKvClient(TinyKvClientOptions options, StoreCaller caller, PlacementClient placement)
    {
        (_options, _caller, _placement) = (options, caller, placement);
        Raw = new RawClient(new RegionSender(options, caller, placement, new RegionCache()));
        Admin = placement is GrpcPlacement grpc ? new GrpcAdmin(grpc, AskPlacementAsync) : new NoAdmin();
    }

    /// <summary>Connects to a cluster through any of its stores.</summary>
    /// <param name="options">Over Akka.Remote when they are <see cref="TinyKvRemotingOptions"/>, otherwise over
    /// gRPC.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="TinyKvUnavailableException">No endpoint answered within the timeout; or within
    /// <see cref="TinyKvClientOptions.UnreachableTimeout"/> none took a connection, or none said anything over it.</exception>
    /// <exception cref="TinyKvInvalidRequestException">An endpoint is not host:port, or no TinyKv store; or the
    /// application's actor system is not configured for it.</exception>
    public static async Task<TinyKvClient> ConnectAsync(
        TinyKvClientOptions options, CancellationToken cancellation = default)
    {
        Check(options.Endpoints);
        var client = options is TinyKvRemotingOptions remoting
            ? await StartAsync(remoting, cancellation) : Over(options, clusterId: 0);
        try
        {
            await client.AskPlacementAsync(client._placement.IdentifyAsync, cancellation);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client of a cluster whose number is known; connects when it is used.</summary>
    public static TinyKvClient Of(ulong clusterId, TinyKvClientOptions options) => Over(options, clusterId);

    /// <summary>The cluster's number.</summary>
    public ulong ClusterId => _placement.ClusterId;

    /// <summary>Keys, batches and ranges, without transactions.</summary>
    public IRawClient Raw { get; }

    /// <summary>The cluster's stores, for those who run it.</summary>
    public IClusterAdmin Admin { get; }

    /// <summary>What every store of the cluster says of itself, by ascending number; a store that does not
    /// answer is in the list too, with the reason.</summary>
    /// <exception cref="TinyKvUnavailableException">No store knew the others within the timeout; or within
    /// <see cref="TinyKvClientOptions.UnreachableTimeout"/> none took a connection, or none said anything over it.</exception>
    public async Task<IReadOnlyList<StoreStatusOrError>> GetStoreStatusesAsync(
        CancellationToken cancellation = default)
    {
        var stores = await AskPlacementAsync(_placement.GetStoresAsync, cancellation);
        return await Task.WhenAll(
            stores.OrderBy(store => store.Store.Value).Select(store => GetStatusAsync(store, cancellation)));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _caller.DisposeAsync();

    private static TinyKvClient Over(TinyKvClientOptions options, ulong clusterId)
    {
        var caller = new GrpcCaller(options);
        return new TinyKvClient(options, caller, new GrpcPlacement(options, caller, clusterId));
    }

    // An actor system blocks until its loggers have started, which they do on the thread pool.
    private static Task<TinyKvClient> StartAsync(TinyKvRemotingOptions options, CancellationToken cancellation) =>
        Task.Factory.StartNew(
            () => Over(options), cancellation, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default);

    private static TinyKvClient Over(TinyKvRemotingOptions options)
    {
        var caller = new RemotingCaller(options);
        return new TinyKvClient(options, caller, new RemotingPlacement(options, caller));
    }

    private async Task<StoreStatusOrError> GetStatusAsync(StoreLocation store, CancellationToken cancellation)
    {
        try
        {
            var status = await _caller.GetStatusAsync(store.Address, cancellation);
            return new StoreStatusOrError(store.Store.Value, store.Address, status, Error: null);
        }
        catch (Exception e) when (e is StoreCallException or TinyKvInvalidRequestException)
        {
            return new StoreStatusOrError(store.Store.Value, store.Address, Status: null, e.Message);
        }
    }

    /// <summary>Asks until a store answers or the time is up.</summary>
    private async Task<T> AskPlacementAsync<T>(
        Func<CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(_options.Timeout);
        var started = Stopwatch.GetTimestamp();
        var retries = new Retries(Random.Shared.NextDouble);
        StoreCallException? last = null;
        try
        {
            while (true)
            {
                try
                {
                    return await ask(deadline.Token);
                }
                catch (StoreCallException e)
                {
                    // An attempt that was cut off says less than one that was not.
                    if (last is null || !deadline.IsCancellationRequested) last = e;
                    deadline.Token.ThrowIfCancellationRequested();
                    if (IsHopeless(e, Stopwatch.GetElapsedTime(started))) break;
                    _options.OnWaiting?.Invoke(e.Message);
                    await Task.Delay(retries.After(RetryReason.Unreachable), deadline.Token);
                }
            }
        }
        catch (OperationCanceledException) when (last is not null && !cancellation.IsCancellationRequested)
        {
            // The time is up.
        }
        if (last.Failure == CallFailure.NotAStore) throw new TinyKvInvalidRequestException(last.Message);
        throw new TinyKvUnavailableException(
            $"no store answered within {Stopwatch.GetElapsedTime(started).TotalSeconds:0.#} s: {last.Message}", last)
        {
            IsUnreachable = last.Failure == CallFailure.Unreachable,
        };
    }

    private bool IsHopeless(StoreCallException failure, TimeSpan elapsed) => failure.Failure switch
    {
        CallFailure.NotAStore => true,
        CallFailure.Unreachable => elapsed >= (_options.UnreachableTimeout ?? _options.Timeout),
        _ => false,
    };

    private static void Check(IReadOnlyList<string> endpoints)
    {
        if (endpoints.Count == 0) throw new TinyKvInvalidRequestException("no endpoint is given");
        foreach (var endpoint in endpoints)
        {
            if (!HostPort.TryParse(endpoint, out _))
                throw new TinyKvInvalidRequestException($"'{endpoint}' is not an endpoint: {HostPort.Expected}");
        }
    }
}
