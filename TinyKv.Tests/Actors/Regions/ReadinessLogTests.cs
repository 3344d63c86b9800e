using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Regions;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Regions;

public sealed class ReadinessLogTests : TestKit
{
    private const string Ready = "The store is ready: it serves all its regions";
    private const string NotReady = "The store is not ready any more: region 1 has no leader";

    private readonly RegionTable _table = new();
    private readonly ReadinessLog _readiness;
    private readonly Clock _clock = new();
    private bool _isEnding;

    public ReadinessLogTests() : base("akka.loglevel = INFO")
    {
        _readiness = new ReadinessLog(_table, () => _isEnding, Logging.GetLogger(Sys, this), _clock, _clock.Schedule);
        Post(0, ready: false);
        Post(1, ready: false);
        Sys.EventStream.Subscribe(TestActor, typeof(Info));
        _table.Posted += _readiness.Observe;
    }

    [Fact]
    public async Task A_store_says_when_its_last_replica_becomes_ready_and_when_it_is_no_longer_ready()
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
    public async Task A_store_that_stays_ready_says_so_within_a_minute_however_often_it_was_not()
    {
        Post(0, ready: true);
        for (var change = 0; change < 11; change++)
        {
            Post(1, ready: false);
            Post(1, ready: true);
        }
        Assert.Equal(NotReady, (await LinesAsync())[^1]);

        _clock.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal([Ready + " (1 more were not logged)"], await LinesAsync());
        _clock.Pass(TimeSpan.FromMinutes(1));
        Assert.Empty(await LinesAsync());
    }

    [Fact]
    public async Task A_store_that_does_not_stay_ready_says_nothing_after_a_minute()
    {
        Post(0, ready: true);
        for (var change = 0; change < 11; change++)
        {
            Post(1, ready: true);
            Post(1, ready: false);
        }
        Assert.Equal(NotReady, (await LinesAsync())[^1]);

        _clock.Pass(TimeSpan.FromMinutes(1));
        Assert.Empty(await LinesAsync());
    }

    [Fact]
    public async Task What_keeps_each_region_from_being_ready_is_said()
    {
        var (change, leader) = (new LeadershipChange(RoleKind.Follower, 1, default), Self);
        Post(0, ready: true);
        Post(1, ready: true);
        Post(1, new PeerView(change, leader, CaughtUp: false));
        Post(1, ready: true);
        Post(1, null);
        Post(1, ready: true);
        Post(1, null, new RegionError.RegionStopped(new RegionId(1), "unreadable"));

        Assert.Equal(
            [
                Ready, "The store is not ready any more: region 1 is behind",
                Ready, "The store is not ready any more: region 1 recovers",
                Ready, "The store is not ready any more: region 1 has stopped",
            ],
            await LinesAsync());
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

    private static Peer Self => new(new PeerId(1), new StoreId(1));

    private void Post(ulong region, bool ready) => Post(
        region, new PeerView(new LeadershipChange(RoleKind.Leader, 1, Self.Id), ready ? Self : null, CaughtUp: ready));

    private void Post(ulong region, PeerView? peer, RegionError.RegionStopped? stopped = null) => _table.Post(
        new ReplicaView(new Region(new RegionId(region), KeyRange.All, default, [Self]), peer, stopped));

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

    private sealed class Clock : ITimeProvider
    {
        private readonly List<(TimeSpan At, Action Action)> _scheduled = [];

        public DateTimeOffset Now => DateTimeOffset.UnixEpoch + MonotonicClock;

        public TimeSpan MonotonicClock { get; private set; }

        public TimeSpan HighResMonotonicClock => MonotonicClock;

        public void Schedule(TimeSpan delay, Action action) => _scheduled.Add((MonotonicClock + delay, action));

        public void Pass(TimeSpan time)
        {
            MonotonicClock += time;
            var due = _scheduled.Where(entry => entry.At <= MonotonicClock).ToList();
            _scheduled.RemoveAll(due.Contains);
            foreach (var (_, action) in due) action();
        }
    }
}
