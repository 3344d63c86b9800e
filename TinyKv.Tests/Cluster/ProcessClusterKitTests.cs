using Xunit.Abstractions;

namespace TinyKv.Tests.Clusters;

[Trait("lane", "slow")]
public sealed class ProcessClusterKitTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_test_that_is_skipped_before_it_has_a_cluster_ends_without_an_error() =>
        Assert.Null(await Record.ExceptionAsync(new WithoutCluster(output).DisposeAsync));

    private sealed class WithoutCluster(ITestOutputHelper output) : ProcessClusterKit(output);
}
