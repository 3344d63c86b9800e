using System.Diagnostics;
using TinyKv.Client;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Errors;

namespace TinyKv.Tests.Client;

/// <summary>How the client finds the leader, and what it does when there is none or a store is
/// gone.</summary>
public abstract class FailoverTests : IAsyncLifetime
{
    private static readonly byte[] Key = "k"u8.ToArray();
    private static readonly byte[] Value = "v"u8.ToArray();

    private FakeCluster _cluster = null!;

    protected abstract bool UsesStreams { get; }

    public async Task InitializeAsync()
    {
        _cluster = await FakeCluster.StartAsync(3);
        _cluster.UseStreams = UsesStreams;
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_hint_at_another_leader_is_followed_at_once_and_remembered()
    {
        await using var client = await _cluster.ConnectAsync();
        await client.Raw.PutAsync(Key, Value);
        _cluster.Leaders[1] = 2;

        await client.Raw.PutAsync(Key, Value);
        await client.Raw.PutAsync(Key, Value);

        Assert.Equal([1ul, 1, 2, 2], _cluster.Calls.Select(call => call.Store));
    }

    [Fact]
    public async Task A_region_without_a_leader_is_asked_until_it_has_one()
    {
        _cluster.Leaders.Clear();
        var refusals = 0;
        _cluster.Intercept = (_, _, _) =>
        {
            if (++refusals == 3) _cluster.Leaders[1] = 3;
            return Task.FromResult<Error?>(null);
        };
        await using var client = await _cluster.ConnectAsync();

        await client.Raw.PutAsync(Key, Value);

        Assert.Equal(3ul, _cluster.Calls.Last().Store);
    }

    [Fact]
    public async Task A_leader_that_only_some_stores_know_is_found()
    {
        _cluster.LeaderOfPlacement = 1;
        _cluster.Leaders[1] = 3;
        var nobody = RegionErrors.ToWire(new RegionError.NotLeader(new RegionId(1), null));
        _cluster.Intercept = (store, _, _) => Task.FromResult(store.Id == 3 ? null : nobody);
        await using var client = await _cluster.ConnectAsync();

        await client.Raw.PutAsync(Key, Value);

        Assert.Equal(3ul, _cluster.Calls.Last().Store);
    }

    [Fact]
    public async Task A_dead_leader_costs_a_short_pause_and_no_error()
    {
        await using var client = await _cluster.ConnectAsync();
        await client.Raw.PutAsync(Key, Value);
        await _cluster.Store(1).KillAsync();

        // Placement and the other replicas still name the dead leader, as they do until they elect another.
        var get = client.Raw.GetAsync(Key);
        await WaitForCallsAsync(count: 3, get);
        _cluster.Leaders[1] = 2;

        Assert.Equal(Value, await get);
        await client.Raw.PutAsync(Key, Value);
    }

    [Fact]
    public async Task A_dead_store_does_not_keep_a_client_from_connecting()
    {
        await _cluster.Store(1).KillAsync();
        _cluster.Leaders[1] = 2;

        await using var client = await _cluster.ConnectAsync();

        Assert.Equal(FakeCluster.Id, client.ClusterId);
        Assert.Null(await client.Raw.GetAsync(Key));
    }

    [Fact]
    public async Task A_read_leaves_a_store_that_hangs()
    {
        await using var client = await _cluster.ConnectAsync(options => options with
        {
            AttemptTimeout = TimeSpan.FromMilliseconds(300),
            ConnectTimeout = TimeSpan.FromMilliseconds(300),
        });
        await client.Raw.PutAsync(Key, Value);
        _cluster.Store(1).Hangs = true;
        _cluster.Leaders[1] = 2;

        Assert.Equal(Value, await client.Raw.GetAsync(Key));
    }

    [Fact]
    public async Task A_slow_store_that_gives_signs_of_life_is_waited_for()
    {
        await using var client = await _cluster.ConnectAsync(
            options => options with { AttemptTimeout = TimeSpan.FromMilliseconds(50) });
        var store = _cluster.Store(1);
        var before = store.SignsOfLife;
        _cluster.Intercept = async (_, _, cancellation) =>
        {
            while (store.SignsOfLife < before + 2) await Task.Delay(5, cancellation);
            return null;
        };

        await client.Raw.PutAsync(Key, Value);

        Assert.Equal(1, _cluster.Count("put"));
    }

    [Fact]
    public async Task An_answer_that_comes_while_a_sign_of_life_is_awaited_in_vain_counts()
    {
        await using var client = await _cluster.ConnectAsync(options => options with
        {
            AttemptTimeout = TimeSpan.FromMilliseconds(50),
            ConnectTimeout = TimeSpan.FromSeconds(3),
        });
        var store = _cluster.Store(1);
        var before = store.SignsOfLife;
        _cluster.Intercept = async (_, _, cancellation) =>
        {
            store.Hangs = true;
            while (store.SignsOfLife == before) await Task.Delay(5, cancellation);
            return null;
        };

        await client.Raw.PutAsync(Key, Value);

        Assert.Equal(1, _cluster.Count("put"));
    }

    [Fact]
    public async Task An_advertised_address_that_is_none_is_told_and_harms_nobody_else()
    {
        await using var client = await _cluster.ConnectAsync();
        _cluster.Store(2).Address = "no port";

        var statuses = await client.GetStoreStatusesAsync();

        Assert.Contains("'no port' is not a store's address: expected HOST:PORT", statuses[1].Error);
        Assert.Null(statuses[0].Error);
        Assert.Null(statuses[2].Error);
    }

    [Fact]
    public async Task A_store_that_changed_its_address_is_looked_up_again()
    {
        await using var client = await _cluster.ConnectAsync();
        var refused = false;
        _cluster.Intercept = (_, _, _) =>
        {
            var error = refused ? null : RegionErrors.ToWire(
                new RegionError.StoreNotMatch(new StoreId(1), new StoreId(2)));
            refused = true;
            return Task.FromResult(error);
        };

        await client.Raw.PutAsync(Key, Value);

        Assert.Equal(2, _cluster.Count("put"));
    }

    [Fact]
    public async Task A_split_is_learnt_from_the_refusal()
    {
        await using var client = await _cluster.ConnectAsync();
        await client.Raw.PutAsync(Key, Value);
        _cluster.Split("m");

        await client.Raw.PutAsync("a"u8.ToArray(), Value);
        await client.Raw.PutAsync("z"u8.ToArray(), Value);

        Assert.Equal(4, _cluster.Count("put"));
    }

    [Fact]
    public async Task A_busy_store_is_asked_again_when_it_said()
    {
        await using var client = await _cluster.ConnectAsync();
        var calls = 0;
        var busy = RegionErrors.ToWire(new RegionError.ServerIsBusy("full", BackoffMs: 300));
        var refused = 0L;
        _cluster.Intercept = (_, _, _) =>
        {
            if (++calls > 1) return Task.FromResult<Error?>(null);
            refused = Stopwatch.GetTimestamp();
            return Task.FromResult<Error?>(busy);
        };

        await client.Raw.PutAsync(Key, Value);

        Assert.Equal(2, _cluster.Count("put"));
        Assert.True(Stopwatch.GetElapsedTime(refused) > TimeSpan.FromMilliseconds(300), "not as the store had asked");
    }

    [Fact]
    public async Task Without_a_leader_the_deadline_ends_the_call()
    {
        _cluster.Leaders.Clear();
        await using var client = await _cluster.ConnectAsync(
            options => options with { Timeout = TimeSpan.FromSeconds(2) });

        var error = await Assert.ThrowsAsync<TinyKvUnavailableException>(() => client.Raw.GetAsync(Key));
        Assert.Contains("has none now", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_ends_when_it_is_cancelled()
    {
        await using var client = await _cluster.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        _cluster.Intercept = async (_, _, cancellation) =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancellation);
            return null;
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.Raw.GetAsync(Key, cancellation: cancel.Token));
    }

    private async Task WaitForCallsAsync(int count, Task call)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (_cluster.Calls.Count < count && !call.IsCompleted) await Task.Delay(5, timeout.Token);
    }
}

/// <summary>By a stream to each store.</summary>
[Trait("lane", "slow")]
public sealed class StreamFailoverTests : FailoverTests
{
    protected override bool UsesStreams => true;
}

/// <summary>By a call for each request.</summary>
[Trait("lane", "slow")]
public sealed class SingleCallFailoverTests : FailoverTests
{
    protected override bool UsesStreams => false;
}
