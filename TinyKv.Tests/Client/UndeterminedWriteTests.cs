using Grpc.Core;
using TinyKv.Client;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Errors;

namespace TinyKv.Tests.Client;

/// <summary>Writes that were sent and not answered.</summary>
public abstract class UndeterminedWriteTests : IAsyncLifetime
{
    private static readonly byte[] Key = "k"u8.ToArray();
    private static readonly Error Stale = RegionErrors.ToWire(new RegionError.StaleCommand());

    private FakeCluster _cluster = null!;

    protected abstract bool UsesStreams { get; }

    public async Task InitializeAsync()
    {
        _cluster = await FakeCluster.StartAsync(3);
        _cluster.UseStreams = UsesStreams;
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_write_on_a_connection_that_broke_is_not_repeated()
    {
        await using var client = await _cluster.ConnectAsync();
        _cluster.Intercept = async (store, _, _) =>
        {
            _cluster.Leaders[1] = 2;
            await store.KillAsync();
            throw new RpcException(new Status(StatusCode.Unknown, "not seen by the client"));
        };

        await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => client.Raw.PutAsync(Key, Key));
        Assert.Equal(1, _cluster.Count("put"));
    }

    [Theory]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.Unknown)]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.DeadlineExceeded)]
    [InlineData(StatusCode.Cancelled)]
    public async Task A_write_that_failed_in_the_store_is_not_repeated(StatusCode code)
    {
        await using var client = await _cluster.ConnectAsync();
        FailFirst(code);

        await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => client.Raw.DeleteAsync(Key));
        Assert.Equal(1, _cluster.Count("delete"));
    }

    [Fact]
    public async Task A_write_overtaken_by_a_new_leader_is_not_repeated()
    {
        await using var client = await _cluster.ConnectAsync();
        _cluster.Intercept = (_, _, _) => Task.FromResult<Error?>(Stale);

        await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => client.Raw.PutAsync(Key, Key));
        Assert.Equal(1, _cluster.Count("put"));
    }

    [Fact]
    public async Task A_write_in_a_store_that_hangs_is_not_repeated()
    {
        await using var client = await _cluster.ConnectAsync(options => options with
        {
            AttemptTimeout = TimeSpan.FromMilliseconds(200),
            ConnectTimeout = TimeSpan.FromMilliseconds(200),
        });
        _cluster.Intercept = (store, _, cancellation) =>
        {
            store.Hangs = true;
            return Task.Delay(Timeout.Infinite, cancellation).ContinueWith(_ => (Error?)null, cancellation);
        };

        await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => client.Raw.PutAsync(Key, Key));
        Assert.Equal(1, _cluster.Count("put"));
    }

    [Fact]
    public async Task A_write_is_repeated_where_the_user_allows_it()
    {
        await using var client = await _cluster.ConnectAsync(
            options => options with { RetryUndeterminedWrites = true });
        FailFirst(StatusCode.Unavailable);

        await client.Raw.PutAsync(Key, Key);

        // In between it may have asked another store who leads.
        Assert.Equal(2, _cluster.Calls.Count(call => call == (1ul, "put")));
    }

    [Fact]
    public async Task A_conditional_write_is_not_repeated_whatever_the_user_allows()
    {
        await using var client = await _cluster.ConnectAsync(
            options => options with { RetryUndeterminedWrites = true });
        _cluster.Intercept = (_, _, _) => Task.FromResult<Error?>(Stale);

        await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => client.Raw.PutIfAbsentAsync(Key, Key));
        Assert.Equal(1, _cluster.Count("put-if-absent"));
    }

    [Fact]
    public async Task A_write_that_was_never_sent_is_repeated()
    {
        await _cluster.Store(1).KillAsync();
        _cluster.LeaderOfPlacement = 1;
        _cluster.Leaders[1] = 2;
        await using var client = await _cluster.ConnectAsync();

        await client.Raw.PutAsync(Key, Key);

        Assert.Equal((2ul, "put"), _cluster.Calls.Last());
    }

    [Fact]
    public async Task A_read_is_repeated_whatever_happened()
    {
        await using var client = await _cluster.ConnectAsync();
        var calls = 0;
        _cluster.Intercept = (_, _, _) => ++calls switch
        {
            1 => Task.FromResult<Error?>(Stale),
            2 => throw new RpcException(new Status(StatusCode.Internal, "an accident")),
            3 => throw new RpcException(new Status(StatusCode.Unavailable, "going down")),
            _ => Task.FromResult<Error?>(null),
        };

        Assert.Null(await client.Raw.GetAsync(Key));
        Assert.Equal(4, _cluster.Count("get"));
    }

    [Fact]
    public async Task A_write_that_is_on_its_way_at_the_deadline_is_undetermined()
    {
        await using var client = await _cluster.ConnectAsync(
            options => options with { Timeout = TimeSpan.FromSeconds(2) });
        _cluster.Intercept = async (_, _, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return null;
        };

        await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => client.Raw.PutAsync(Key, Key));
    }

    private void FailFirst(StatusCode code)
    {
        var calls = 0;
        _cluster.Intercept = (_, _, _) => ++calls == 1
            ? throw new RpcException(new Status(code, "an accident"))
            : Task.FromResult<Error?>(null);
    }
}

/// <summary>By a stream to each store.</summary>
public sealed class StreamUndeterminedWriteTests : UndeterminedWriteTests
{
    protected override bool UsesStreams => true;
}

/// <summary>By a call for each request.</summary>
public sealed class SingleCallUndeterminedWriteTests : UndeterminedWriteTests
{
    protected override bool UsesStreams => false;
}
