using System.Diagnostics;
using TinyKv.Client;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Wire.Errors;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Client;

/// <summary>Clients whose requests share a stream to each store.</summary>
public sealed class StreamTests : IAsyncLifetime
{
    private static readonly byte[] Key = "k"u8.ToArray();

    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeCluster _cluster = null!;

    private FakeStore Store => _cluster.Store(1);

    public async Task InitializeAsync() => _cluster = await FakeCluster.StartAsync(2);

    public async Task DisposeAsync()
    {
        _release.TrySetResult();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_thousand_callers_share_a_stream()
    {
        await using var client = await _cluster.ConnectAsync();

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(async i =>
        {
            byte[] key = [(byte)('a' + i / 100), (byte)('a' + i / 10 % 10), (byte)('a' + i % 10)];
            await client.Raw.PutAsync(key, key);
            Assert.Equal(key, await client.Raw.GetAsync(key));
        }));

        Assert.Equal(0, Store.SingleCalls);
        Assert.InRange(Store.Envelopes, 1, 1000);
    }

    [Fact]
    public async Task A_store_without_streams_is_asked_by_single_calls_and_nothing_is_done_twice()
    {
        Store.HasStream = false;
        await using var client = await _cluster.ConnectAsync();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => client.Raw.PutAsync(new[] { (byte)i }, Key)));
        await client.Raw.PutAsync(Key, Key);

        Assert.Equal(21, _cluster.Count("put"));
        Assert.Equal(21, Store.SingleCalls);
        Assert.Equal(0, Store.Envelopes);
    }

    [Fact]
    public async Task Where_streams_are_switched_off_there_is_none()
    {
        await using var client = await _cluster.ConnectAsync(options => options with { UseStreams = false });

        await client.Raw.PutAsync(Key, Key);

        Assert.Equal((1, 0), (Store.SingleCalls, Store.Envelopes));
    }

    [Theory]
    [InlineData(300_000, 1)]
    [InlineData(200_000, 0)]
    public async Task A_large_value_goes_by_itself(int size, int singleCalls)
    {
        await using var client = await _cluster.ConnectAsync();

        await client.Raw.PutAsync(Key, new byte[size]);

        Assert.Equal(singleCalls, Store.SingleCalls);
        Assert.Equal(size, (await client.Raw.GetAsync(Key))!.Length);
    }

    [Fact]
    public async Task A_cancelled_caller_leaves_the_others_their_stream_and_the_store_hears_of_it()
    {
        await using var client = await _cluster.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        var (asked, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        _cluster.Intercept = async (_, request, cancellation) =>
        {
            if (request != "delete") return null;
            using var told = cancellation.Register(() => ended.TrySetResult());
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
            return null;
        };
        var deleting = client.Raw.DeleteAsync(Key, cancellation: cancel.Token);
        await asked.Task.WaitAsync(Timeouts.Long);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => deleting);
        await ended.Task.WaitAsync(Timeouts.Long);
        await client.Raw.PutAsync(Key, Key);
        Assert.Equal(0, Store.SingleCalls);
    }

    [Theory]
    [Trait("lane", "slow")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_write_that_still_waits_for_its_turn_at_the_deadline_was_not_done(bool hangs)
    {
        await using var client = await _cluster.ConnectAsync(options => options with
        {
            Timeout = TimeSpan.FromSeconds(5),
            AttemptTimeout = hangs ? TimeSpan.FromSeconds(1) : options.AttemptTimeout,
            ConnectTimeout = hangs ? TimeSpan.FromSeconds(1) : options.ConnectTimeout,
        });
        // Whatever is cancelled, nothing is answered that would make room.
        _cluster.Intercept = async (_, request, _) =>
        {
            if (request == "put") await _release.Task;
            return null;
        };
        var sent = Enumerable.Range(0, Outbox.MaxInFlight).Select(_ => client.Raw.PutAsync(Key, Key)).ToList();
        await Eventually.Async(() => Task.FromResult(_cluster.Count("put") == sent.Count ? this : null));
        Store.Hangs = hangs;

        var waiting = client.Raw.DeleteAsync(Key);

        var error = await Assert.ThrowsAsync<TinyKvUnavailableException>(() => waiting);
        if (!hangs) Assert.Contains("takes no more requests for now", error.Message, StringComparison.Ordinal);
        foreach (var put in sent) await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => put);
        Assert.DoesNotContain((1ul, "delete"), _cluster.Calls);
    }

    [Fact]
    public async Task A_caller_is_not_held_up_by_another_that_waits()
    {
        await using var client = await _cluster.ConnectAsync();
        HoldUp("delete");
        var deleting = client.Raw.DeleteAsync(Key);

        await client.Raw.PutAsync(Key, Key);

        Assert.False(deleting.IsCompleted);
        _release.SetResult();
        await deleting;
    }

    [Fact]
    public async Task A_reply_of_another_kind_leaves_a_write_undetermined()
    {
        await using var client = await _cluster.ConnectAsync();
        Store.Change = reply => NumberedReply.Of(reply.Number, new ScanResponse());

        var error = await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => client.Raw.PutAsync(Key, Key));

        Assert.Contains("an answer of another kind", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_says_it_is_closing_is_left_without_an_unknown_outcome()
    {
        await using var client = await _cluster.ConnectAsync();
        using var end = new CancellationTokenSource();
        var written = 0;
        var writers = Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await client.Raw.PutAsync(new[] { (byte)('a' + i) }, Key);
                Interlocked.Increment(ref written);
            }
        })).ToArray();
        await WrittenAsync(50);

        _cluster.Leaders[1] = 2;
        await Store.CloseAsync();
        await WrittenAsync(Volatile.Read(ref written) + 50);
        await Eventually.Async(() => Task.FromResult(Volatile.Read(ref Store.EndedStreams) > 0 ? Store : null));

        await end.CancelAsync();
        await Task.WhenAll(writers);
        Assert.Equal(0, Store.SingleCalls);

        Task<object> WrittenAsync(int count) => Eventually.Async(() => Task.FromResult(
            Volatile.Read(ref written) >= count || writers.Any(writer => writer.IsFaulted) ? new object() : null));
    }

    [Fact]
    public async Task Disposing_ends_who_waits()
    {
        var client = await _cluster.ConnectAsync();
        HoldUp("put");
        var (put, get) = (client.Raw.PutAsync(Key, Key), client.Raw.GetAsync(Key));
        await Eventually.Async(() => Task.FromResult(_cluster.Count("put") > 0 ? this : null));

        await client.DisposeAsync();

        await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => put);
        await get;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.Raw.GetAsync(Key));
    }

    [Fact]
    public async Task A_callers_trace_goes_with_its_request()
    {
        await using var client = await _cluster.ConnectAsync();
        using var span = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();

        await client.Raw.PutAsync(Key, Key);

        Assert.Equal(span.Id, Store.LastTraceparent);
    }

    private void HoldUp(string held) => _cluster.Intercept = async (_, request, cancellation) =>
    {
        if (request == held) await _release.Task.WaitAsync(cancellation);
        return (Error?)null;
    };
}
