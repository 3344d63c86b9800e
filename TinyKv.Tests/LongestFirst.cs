using TinyKv.Tests.Actors.Node;
using TinyKv.Tests.Client;
using TinyKv.Tests.Clusters;
using TinyKv.Tests.Hosting;
using TinyKv.Tests.Persistence.Checking;
using TinyKv.Tests.Simulation;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("TinyKv.Tests.LongestFirst", "TinyKv.Tests")]

namespace TinyKv.Tests;

/// <summary>
/// Classes that take long begin first, so that none of them is left alone at the end. How many run at a time is in
/// xunit.runner.json: more than there are processors, because many of them mostly wait.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    // What took 25 s and more, the longest first.
    private static readonly Type[] Longest =
    [
        typeof(NodeBugTests), typeof(CoreBugTests), typeof(EndingTests), typeof(RecoveryTests), typeof(IdentityTests),
        typeof(SilentEndpointTests), typeof(CoreSimulationTests), typeof(StoreNodeTests), typeof(StoreCheckTests),
        typeof(NodeSimulationTests), typeof(ThreeProcessesTests), typeof(ComingBackTests),
    ];

    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection =>
        {
            var rank = Array.FindIndex(Longest, test =>
                collection.DisplayName.EndsWith($" {test.FullName}", StringComparison.Ordinal));
            return rank < 0 ? Longest.Length : rank;
        });
}
