using Akka.Event;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Raft;
using TinyKv.Actors.Regions;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Regions;

public sealed class ReadinessLogTests : TestKit
{
    private const string Ready = "The store is ready: it serves all its regions";
    private const string NotReady = "The store is not ready any more: without a leader, or behind: region 1";

    private readonly ReplicaBoard _board = new();
    private readonly ReadinessLog _readiness;
    private bool _isEnding;

    public ReadinessLogTests() : base("akka.loglevel = INFO")
    {
        _readiness = new ReadinessLog(_board, () => _isEnding, Logging.GetLogger(Sys, this), Sys.Scheduler);
        Post(0, ready: false);
        Post(1, ready: false);
        Sys.EventStream.Subscribe(TestActor, typeof(Info));
        _board.Posted += _readiness.Observe;
    }

    [Fact]
    public async Task A_store_says_when_its_last_replica_becomes_ready_and_which_stops_to_be()
    {
        Post(0, ready: true);
        Post(1, ready: true);
        Post(1, ready: true);
        Post(1, ready: false);
        Post(1, ready: true);

        Assert.Equal([Ready, NotReady, Ready], await LinesAsync());
    }

    [Fact]
    public async Task A_store_does_not_fill_its_log_however_often_its_readiness_changes()
    {
        Post(0, ready: true);
        for (var change = 0; change < 30; change++)
        {
            Post(1, ready: true);
            Post(1, ready: false);
        }

        var lines = await LinesAsync();
        Assert.Equal(20, lines.Count);
        Assert.Equal(NotReady, lines[^1]);
    }

    [Fact]
    public async Task A_store_that_ends_does_not_say_that_it_is_not_ready()
    {
        Post(0, ready: true);
        Post(1, ready: true);
        _isEnding = true;
        Post(1, ready: false);

        Assert.Equal([Ready], await LinesAsync());
    }

    private void Post(ulong region, bool ready)
    {
        var self = new Peer(new PeerId(1), new StoreId(1));
        _board.Post(new ReplicaView(
            new Region(new RegionId(region), KeyRange.All, default, [self]),
            new PeerView(new LeadershipChange(RoleKind.Leader, 1, self.Id), ready ? self : null, CaughtUp: ready)));
    }

    // All that were logged until now.
    private async Task<List<string>> LinesAsync()
    {
        Sys.Log.Info("end");
        var lines = new List<string>();
        while (true)
        {
            var line = $"{(await ExpectMsgAsync<Info>(TimeSpan.FromSeconds(20))).Message}";
            if (line == "end") return lines;
            if (line.StartsWith("The store", StringComparison.Ordinal)) lines.Add(line);
        }
    }
}
