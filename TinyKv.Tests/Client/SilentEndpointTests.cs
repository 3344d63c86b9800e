using System.Diagnostics;
using TinyKv.Client;

namespace TinyKv.Tests.Client;

/// <summary>What a client says of endpoints that take connections and say nothing.</summary>
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

    // Gives up as soon as it may, and asks for a sign of life soon.
    private static TinyKvClientOptions Hasty(string endpoint) => new()
    {
        Endpoints = [endpoint],
        Timeout = Never,
        UnreachableTimeout = TimeSpan.Zero,
        AttemptTimeout = TimeSpan.FromMilliseconds(200),
        ConnectTimeout = TimeSpan.FromSeconds(1),
    };
}
