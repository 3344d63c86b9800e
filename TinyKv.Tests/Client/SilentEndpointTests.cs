using System.Diagnostics;
using TinyKv.Client;
using TinyKv.Client.Grpc;

namespace TinyKv.Tests.Client;

/// <summary>What a client says of endpoints that take connections and say nothing.</summary>
[Trait("lane", "slow")]
public sealed class SilentEndpointTests
{
    private static readonly TimeSpan Never = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("")]
    [InlineData("+OK\r\n")]
    public async Task What_takes_connections_and_does_not_say_enough_is_as_unreachable_as_what_takes_none(string answer)
    {
        using var other = new OtherServer(answer);
        var started = Stopwatch.GetTimestamp();

        var error = await Assert.ThrowsAsync<TinyKvUnavailableException>(() => TinyKvClient.ConnectAsync(Hasty(other.Address)));

        Assert.True(Stopwatch.GetElapsedTime(started) < Never / 4);
        Assert.True(error.IsUnreachable);
        Assert.EndsWith(
            $": {other.Address}: takes connections and says nothing, expected a store's gRPC port", error.Message);
    }

    [Fact]
    public async Task What_never_said_anything_until_its_connection_was_given_up_is_unreachable_in_plain_words()
    {
        using var other = new OtherServer("");
        // Longer than the connection waits for the answer to a ping.
        var options = Hasty(other.Address) with { AttemptTimeout = Never };

        var error = await Assert.ThrowsAsync<TinyKvUnavailableException>(() => TinyKvClient.ConnectAsync(options));

        Assert.True(error.IsUnreachable);
        Assert.EndsWith(
            $": {other.Address}: takes connections and says nothing, expected a store's gRPC port", error.Message);
    }

    [Fact]
    public async Task A_silent_port_is_told_from_a_slow_store_also_when_the_time_ends_first()
    {
        using var other = new OtherServer("");
        // Long enough for the connection to come up, however busy the machine is.
        var options = Hasty(other.Address) with { Timeout = TimeSpan.FromSeconds(5), AttemptTimeout = Never };

        var error = await Assert.ThrowsAsync<TinyKvUnavailableException>(() => TinyKvClient.ConnectAsync(options));

        Assert.True(error.IsUnreachable);
        Assert.EndsWith(
            $": {other.Address}: takes connections and says nothing, expected a store's gRPC port", error.Message);
    }

    [Fact]
    public async Task When_the_time_ends_each_endpoint_has_what_is_known_of_it()
    {
        using var one = new OtherServer("");
        using var two = new OtherServer("");
        var options = new TinyKvClientOptions { Endpoints = [one.Address, two.Address], AttemptTimeout = Never };
        await using var caller = new GrpcCaller(options);
        using var deadline = new CancellationTokenSource();

        var identifying = new GrpcPlacement(options, caller).IdentifyAsync(deadline.Token);
        var asked = await Task.WhenAny(one.Asked, two.Asked);
        await deadline.CancelAsync();

        var (silent, other) = asked == one.Asked ? (one, two) : (two, one);
        var error = await Assert.ThrowsAsync<StoreCallException>(() => identifying);
        Assert.Contains($"{silent.Address}: takes connections and says nothing", error.Message);
        Assert.Contains($"no time was left to ask {other.Address}", error.Message);
        Assert.Equal(CallFailure.Passing, error.Failure);
    }

    [Fact]
    public async Task What_took_no_connection_before_the_time_ended_is_not_said_to_have_taken_one()
    {
        using var other = new OtherServer("");
        var options = Hasty(other.Address);
        await using var caller = new GrpcCaller(options);

        var error = await Assert.ThrowsAsync<StoreCallException>(
            () => new GrpcPlacement(options, caller).IdentifyAsync(new CancellationToken(canceled: true)));

        Assert.Equal($"{other.Address} is silent", error.Message);
    }

    [Fact]
    public async Task A_caller_who_gives_up_on_a_silent_port_is_told_that_he_has()
    {
        using var other = new OtherServer("");
        using var cancellation = new CancellationTokenSource();
        var waiting = new List<string>();
        var options = Hasty(other.Address) with { AttemptTimeout = Never, OnWaiting = waiting.Add };

        var connecting = TinyKvClient.ConnectAsync(options, cancellation.Token);
        await other.Asked;
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.Empty(waiting);
    }

    [Theory]
    [InlineData(false, "takes connections and says nothing")]
    [InlineData(true, "the connection was dropped")]
    public async Task A_store_that_the_cluster_named_is_not_taken_for_a_mistaken_port(bool hangsUp, string reason)
    {
        await using var cluster = await FakeCluster.StartAsync(2);
        using var other = new OtherServer("", hangsUp);
        cluster.Store(2).Address = other.Address;
        await using var client = await TinyKvClient.ConnectAsync(Hasty(cluster.Store(1).Address));

        var statuses = await client.GetStoreStatusesAsync();

        Assert.Null(statuses[0].Error);
        Assert.Equal($"{other.Address}: {reason}", statuses[1].Error);
    }

    [Fact]
    public async Task A_request_whose_time_ends_names_the_store_that_did_not_answer()
    {
        await using var cluster = await FakeCluster.StartAsync(1);
        cluster.Intercept = async (_, _, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return null;
        };
        await using var client = await cluster.ConnectAsync(options => options with { Timeout = TimeSpan.FromSeconds(5) });

        var error = await Assert.ThrowsAsync<TinyKvUnavailableException>(() => client.Raw.GetAsync("k"u8.ToArray()));

        Assert.EndsWith($"; last: {cluster.Store(1).Address} is silent", error.Message);
    }

    [Fact]
    public async Task A_request_whose_time_ends_names_the_store_it_waits_for_before_the_one_that_sent_it_there()
    {
        await using var cluster = await FakeCluster.StartAsync(2);
        cluster.LeaderOfPlacement = 1;
        cluster.Leaders[1] = 2;
        cluster.Intercept = async (store, _, cancellation) =>
        {
            if (store.Id == 2) await Task.Delay(Timeout.Infinite, cancellation);
            return null;
        };
        await using var client = await cluster.ConnectAsync(options => options with { Timeout = TimeSpan.FromSeconds(5) });

        var error = await Assert.ThrowsAsync<TinyKvUndeterminedException>(
            () => client.Raw.PutAsync("k"u8.ToArray(), "v"u8.ToArray()));

        Assert.Contains(
            $"; last: {cluster.Store(2).Address} is silent; before that, {cluster.Store(1).Address}: ", error.Message);
    }

    [Fact]
    public async Task A_store_that_is_silent_although_its_connection_is_up_is_waited_for()
    {
        await using var cluster = await FakeCluster.StartAsync(1);
        var store = cluster.Store(1);
        store.Hangs = true;
        var reasons = new List<string>();
        // Long enough for the connection to come up, however busy the machine is.
        var options = Hasty(store.Address) with
        {
            AttemptTimeout = TimeSpan.FromSeconds(5),
            OnWaiting = reason =>
            {
                reasons.Add(reason);
                store.Hangs = false;
            },
        };

        await using var client = await TinyKvClient.ConnectAsync(options);

        Assert.Equal([$"{store.Address} is silent"], reasons);
    }

    // Gives up as soon as it may, and asks for a sign of life soon. Whoever does not answer then has as long as opening a
    // connection may take, however busy the machine is.
    private static TinyKvClientOptions Hasty(string endpoint) => new()
    {
        Endpoints = [endpoint],
        Timeout = Never,
        UnreachableTimeout = TimeSpan.Zero,
        AttemptTimeout = TimeSpan.FromMilliseconds(200),
        ConnectTimeout = TimeSpan.FromSeconds(5),
    };
}
