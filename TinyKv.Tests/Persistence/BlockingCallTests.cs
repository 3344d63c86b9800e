using TinyKv.Persistence;

namespace TinyKv.Tests.Persistence;

public sealed class BlockingCallTests
{
    [Fact]
    public async Task A_call_that_hangs_is_waited_for_no_longer_than_allowed_and_continues()
    {
        using var disk = new ManualResetEventSlim();
        var done = new TaskCompletionSource();

        Assert.False(BlockingCall.Try(Call, TimeSpan.FromMilliseconds(10)));
        Assert.False(done.Task.IsCompleted);

        disk.Set();
        await done.Task.WaitAsync(TimeSpan.FromSeconds(30));

        void Call()
        {
            disk.Wait();
            done.SetResult();
        }
    }

    [Fact]
    public void What_a_call_throws_on_the_way_out_is_dropped() =>
        Assert.False(BlockingCall.Try(() => throw new IOException("the disk has gone"), TimeSpan.FromSeconds(30)));
}
