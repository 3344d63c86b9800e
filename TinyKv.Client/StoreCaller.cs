using System.Collections.Concurrent;
using System.Diagnostics;
using TinyKv.Core;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Client;

/// <summary>Single calls to single stores, and what their failures mean. Derived for each transport.</summary>
internal abstract class StoreCaller(TinyKvClientOptions options) : IAsyncDisposable
{
    // Long enough that an election comes first, short enough that a store that only paused is not missed.
    private static readonly TimeSpan ShunHung = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ShunUnreachable = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<string, long> _shunnedUntil = new();

    protected TinyKvClientOptions Options => options;

    /// <summary>Whether an address failed just now, so that others should be tried before it.</summary>
    public bool IsShunned(string address) =>
        _shunnedUntil.TryGetValue(address, out var until) && Environment.TickCount64 < until;

    /// <summary>What there is to say of a store that was asked and not waited for any longer.</summary>
    public StoreCallException Silent(string address, Exception cause)
    {
        var isSent = cause is not NeverSentException;
        return IsMute(address) ? StoreCallException.NeverHeard(address, Expected(address), cause, isSent)
            : new StoreCallException(
                isSent ? $"{address} is silent" : $"{address} takes no more requests for now", isSent, cause);
    }

    /// <summary>Sends a request of the raw API.</summary>
    /// <exception cref="StoreCallException">The store did not answer, or failed.</exception>
    /// <exception cref="TinyKvInvalidRequestException">The store says that the request is wrong.</exception>
    public abstract Task<TReply> CallAsync<TReply>(
        string address, IRawRequest<TReply> request, CancellationToken cancellation)
        where TReply : class, IRawReply, new();

    /// <summary>What a store says of itself.</summary>
    /// <exception cref="StoreCallException">The store did not answer, or failed.</exception>
    public abstract Task<StoreStatusResponse> GetStatusAsync(string address, CancellationToken cancellation);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>
    /// Waits for a reply. A slow store is waited for as long as it gives signs of life: giving up a write early would
    /// only make its outcome unknown.
    /// </summary>
    protected async Task<T> WaitAsync<T>(string address, Task<T> reply, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                var received = await reply.WaitAsync(options.AttemptTimeout, cancellation);
                Answered(address);
                return received;
            }
            catch (TimeoutException e)
            {
                var lives = await IsAliveAsync(address, cancellation);
                // Asking took a while: the answer may have come meanwhile.
                if (reply.IsCompleted) continue;
                if (lives && Stopwatch.GetElapsedTime(started) < ReplyTimeout) continue;
                if (lives) throw new StoreCallException($"{address} does not answer, though it lives", mayBeDone: true, e);
                throw GiveUp(address, e);
            }
        }
    }

    /// <summary>A store has answered.</summary>
    protected void Answered(string address)
    {
        if (_shunnedUntil.ContainsKey(address)) _shunnedUntil.TryRemove(address, out _);
    }

    /// <summary>A store gave no sign of life: lets others be tried before it, and says what those are told that wait.</summary>
    protected StoreCallException GiveUp(string address, Exception cause)
    {
        _shunnedUntil[address] = Environment.TickCount64 + (long)ShunHung.TotalMilliseconds;
        OnSilent(address);
        return Silent(address, cause);
    }

    /// <summary>What somebody is told who waits no longer for a request that is still here, and stays here.</summary>
    protected static Exception NeverSent(Exception why) => why switch
    {
        OperationCanceledException gaveUp => new NeverSentException(gaveUp),
        StoreCallException failure => failure.As(mayBeDone: false),
        _ => why,
    };

    /// <summary>Whether a store gives a sign of life within <see cref="TinyKvClientOptions.ConnectTimeout"/>.</summary>
    protected abstract Task<bool> IsAliveAsync(string address, CancellationToken cancellation);

    /// <summary>Whether an address has taken connections and nothing ever came back over one: it may be anything.</summary>
    protected virtual bool IsMute(string address) => false;

    /// <summary>The port that an endpoint should be; null where the address may be no mistake of the caller's: the cluster
    /// named it.</summary>
    protected string? Expected(string address) => options.Endpoints.Contains(address) ? ExpectedPort : null;

    /// <summary>What an endpoint of this transport is.</summary>
    protected abstract string ExpectedPort { get; }

    /// <summary>How long a store that lives may take to answer; over a transport that loses messages, not for ever.</summary>
    protected virtual TimeSpan ReplyTimeout => TimeSpan.MaxValue;

    /// <summary>A store gave no sign of life.</summary>
    protected virtual void OnSilent(string address) { }

    /// <summary>Other stores' addresses are what the cluster says they are: requires that one is host:port.</summary>
    protected static string Require(string address) => HostPort.TryParse(address, out var store) ? store.ToString()
        : throw new StoreCallException($"'{address}' is not a store's address: {HostPort.Expected}", mayBeDone: false);

    /// <summary>A store could not be reached: lets others be tried before it for a while.</summary>
    protected void ShunUnreachableStore(string address) =>
        _shunnedUntil[address] = Environment.TickCount64 + (long)ShunUnreachable.TotalMilliseconds;
}
