using TinyKv.Client;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Client;

/// <summary>The time limits of calls by themselves.</summary>
public sealed class DeadlinesTests
{
    [Fact]
    public async Task The_time_of_a_call_ends()
    {
        using var deadline = new Deadlines(TimeSpan.FromMilliseconds(1)).Begin(CancellationToken.None);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, deadline.Token));
    }

    [Fact]
    public async Task A_caller_that_gives_up_ends_its_call()
    {
        using var caller = new CancellationTokenSource();
        using var deadline = new Deadlines(TimeSpan.FromHours(1)).Begin(caller.Token);
        var call = Task.Delay(Timeout.Infinite, deadline.Token);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Timeouts.Long));
    }

    [Fact]
    public async Task A_call_that_ended_early_leaves_its_time_to_another_and_no_trace_of_its_caller()
    {
        var deadlines = new Deadlines(TimeSpan.FromHours(1));
        using var caller = new CancellationTokenSource();
        CancellationToken first;
        using (var deadline = deadlines.Begin(caller.Token)) first = deadline.Token;

        using var next = deadlines.Begin(CancellationToken.None);
        await caller.CancelAsync();

        Assert.Equal(first, next.Token);
        Assert.False(next.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task A_time_that_is_over_is_not_used_again()
    {
        var deadlines = new Deadlines(TimeSpan.FromHours(1));
        using var caller = new CancellationTokenSource();
        using (var deadline = deadlines.Begin(caller.Token))
        {
            await caller.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, deadline.Token));
        }

        using var next = deadlines.Begin(CancellationToken.None);

        Assert.False(next.Token.IsCancellationRequested);
    }
}
