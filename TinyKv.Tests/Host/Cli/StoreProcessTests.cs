using System.Diagnostics;
using TinyKv.Host.Cli.Playground;
using TinyKv.Testing;

namespace TinyKv.Tests.Host.Cli;

public sealed class StoreProcessTests
{
    [Fact]
    public async Task A_complaint_that_comes_in_pieces_is_told_whole()
    {
        using var directory = new TemporaryDirectory();
        var start = new ProcessStartInfo(
            "/bin/sh", ["-c", "printf 'tinykv: the di' >&2; sleep 0.2; printf 'sk is full\\n   at a frame\\n' >&2; exit 3"]);
        await using var store = StoreProcess.Start(start, directory["log.txt"]);

        Assert.Equal(3, await store.WaitAsync(CancellationToken.None));
        Assert.Equal("tinykv: the disk is full", store.Complaint);
    }
}
