using TinyKv.Actors.Requests;

namespace TinyKv.Tests.Actors.Requests;

public sealed class ScanSlotsTests
{
    private readonly ScanSlots _slots = new(1);

    [Fact]
    public async Task Scans_that_wait_get_their_turn_in_the_order_in_which_they_came()
    {
        var running = (await _slots.EnterAsync(default))!;
        var (first, second) = (_slots.EnterAsync(default), _slots.EnterAsync(default));
        running.Dispose();

        var slot = (await first)!;
        Assert.False(second.IsCompleted);
        slot.Dispose();
        (await second)!.Dispose();
    }

    [Fact]
    public async Task A_scan_that_is_given_up_while_it_waits_leaves_its_turn_to_the_next()
    {
        using var gone = new CancellationTokenSource();
        var running = (await _slots.EnterAsync(default))!;
        var (first, second) = (_slots.EnterAsync(gone.Token), _slots.EnterAsync(default));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        running.Dispose();

        (await second)!.Dispose();
    }
}
