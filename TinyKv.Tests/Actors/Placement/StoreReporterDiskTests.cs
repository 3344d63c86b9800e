using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Transport;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol.Wire.Internal;
using StoreAddresses = TinyKv.Core.Placement.StoreAddresses;

namespace TinyKv.Tests.Actors.Placement;

public sealed class StoreReporterDiskTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    private readonly List<Action<DiskSpace>> _measured = [];

    public StoreReporterDiskTests() : base("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"")
    {
    }

    [Fact]
    public async Task A_disk_that_stands_still_is_not_measured_again_before_it_has_answered()
    {
        var reporter = Start();
        for (var i = 0; i < 5; i++) await PassASecondAsync(reporter);
        Assert.Single(_measured);

        _measured[0](new DiskSpace(9, 8, 7));
        await ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
        await PassASecondAsync(reporter);

        Assert.Equal(2, _measured.Count);
    }

    private async Task PassASecondAsync(IActorRef reporter)
    {
        ((TestScheduler)Sys.Scheduler).Advance(TimeSpan.FromSeconds(1));
        // It has seen the second when it answers this.
        await reporter.Ask<ActorIdentity>(new Identify(0), WaitTimeout);
    }

    private IActorRef Start() => Sys.ActorOf(StoreReporter.Props(new ReporterSpec
    {
        Cluster = 77,
        Self = new StoreId(1),
        Directory = new DirectoryId(10),
        Addresses = new StoreAddresses("h1", 1, 2, 3, 4),
        ProgramVersion = "1.0",
        MaxReplicas = 3,
        Initial = ImmutableSortedDictionary<ulong, StoreAddresses>.Empty,
        Services = new StoreServices(() => ImmutableSortedDictionary<ulong, IActorRef>.Empty.Add(1, TestActor)),
        Introducer = ActorRefs.Nobody,
        Regions = new RegionTable(),
        Stores = new StoreTable(StoreDirectory.Empty),
        Keep = _ => { },
        Measure = _measured.Add,
        Interval = TimeSpan.FromSeconds(10),
        StartedMs = 6,
    }));
}
