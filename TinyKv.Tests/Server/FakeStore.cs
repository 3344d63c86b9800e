using System.Collections.Immutable;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Requests;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Server.Stores;

namespace TinyKv.Tests.Server;

/// <summary>Three stores' worth of answers without a cluster: what it is told is what it serves.</summary>
internal sealed class FakeStore : IServedStore, IRegionAdmin
{
    public FakeStorage Data { get; } = new();

    public FakePlacement Members { get; } = new();

    public ulong ClusterId => 77;

    public string ClusterName => "test";

    public StoreId Self => new(1);

    public ImmutableArray<StoreAddress> Stores { get; set; } =
        [.. Enumerable.Range(1, 3).Select(i =>
            new StoreAddress(new StoreId((ulong)i), $"host{i}", 100 + i, 200 + i, 300 + i, 400 + i))];

    public const int MaxScans = 2;

    public const int MaxRequests = 50;

    public FakeStore() => Raw = GatewayOver(Data, Self);

    public IRawGateway Raw { get; }

    public IPlacement Placement => Members;

    public bool IsReady { get; set; } = true;

    public TaskCompletionSource End { get; } = new();

    public Task Terminated => End.Task;

    /// <summary>What a stop waits for.</summary>
    public Task Stoppable { get; set; } = Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await Stoppable;
        End.TrySetResult();
    }

    private static RawGateway GatewayOver(FakeStorage storage, StoreId self)
    {
        var (table, executor) = (new RegionTable(), new RawExecutor(storage, new ScanSlots(MaxScans)));
        var leader = storage.Region.PeerOn(self)!.Value;
        table.Post(new ReplicaView(storage.Region, new PeerView(
            new LeadershipChange(RoleKind.Leader, 1, leader.Id), leader, CaughtUp: true)));
        var router = new RawRouter(self, table, executor, new GatewayLinks(_ => null),
            TimeSpan.FromMilliseconds(500), TimeProvider.System, Random.Shared.NextDouble);
        var inFlight = new InFlight(MaxRequests, 64 * 1024 * 1024);
        return new RawGateway(executor, router, inFlight, TimeSpan.FromSeconds(5), TimeProvider.System, NoLogger.Instance);
    }

    /// <summary>The status waits for it.</summary>
    public Task Describable { get; set; } = Task.CompletedTask;

    public IRegionAdmin Regions => this;

    /// <summary>What is asked for is refused with; null: it is done.</summary>
    public RegionRefusedException? RegionRefusal { get; set; }

    public Task<bool> TransferLeaderAsync(RegionId region, StoreId to, CancellationToken cancellation) =>
        RegionRefusal is null ? Task.FromResult(to == Self) : Task.FromException<bool>(RegionRefusal);

    /// <summary>The goals that it was given, and what it answers.</summary>
    public List<MemberGoal> Goals { get; } = [];

    public Queue<MemberStep> Steps { get; } = new();

    public Task<MemberStep> ChangeMembersAsync(
        RegionId region, MemberGoal goal, ulong ifConfVer, CancellationToken cancellation)
    {
        Goals.Add(goal);
        return RegionRefusal is null ? Task.FromResult(Steps.Dequeue()) : Task.FromException<MemberStep>(RegionRefusal);
    }

    /// <summary>What it answers to whoever wants a region to be split.</summary>
    public RegionSplit? Split { get; set; }

    public Task<RegionSplit?> SplitAsync(RegionId region, ReadOnlyMemory<byte> key, CancellationToken cancellation) =>
        RegionRefusal is null ? Task.FromResult(Split) : Task.FromException<RegionSplit?>(RegionRefusal);

    /// <summary>What it does when it is to give leadership away.</summary>
    public async Task<(StoreDirectory Stores, string? Left)> RemoveStoreAsync(StoreId store, CancellationToken cancellation) =>
        (await Members.ChangeStoresAsync(new SetStoreState(store, StoreState.Tombstone), cancellation), null);

    public Func<Task> HandOver { get; set; } = () => Task.CompletedTask;

    public Task HandOverAsync() => HandOver();

    /// <summary>Completes when the status is asked for.</summary>
    public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task<StoreStatusResponse> StatusAsync(CancellationToken cancellation)
    {
        Asked.TrySetResult();
        await Describable.WaitAsync(cancellation);
        return new StoreStatusResponse
        {
            ClusterId = ClusterId,
            StoreId = Self.Value,
            Ready = IsReady,
        };
    }
}

/// <summary>One region in memory that counts its readers and refuses on demand.</summary>
internal sealed class FakeStorage : IStorage
{
    private readonly SortedDictionary<(ColumnFamily, string), byte[]> _pairs =
        new(Comparer<(ColumnFamily Family, string Hex)>.Create((a, b) => a.Family != b.Family
            ? a.Family.CompareTo(b.Family) : string.CompareOrdinal(a.Hex, b.Hex)));

    private int _openReaders;
    private int _maxReaders;

    public Region Region { get; set; } = new(RegionId.First, KeyRange.All, RegionEpoch.Initial,
        [.. Enumerable.Range(1, 3).Select(i => new Peer(new PeerId((ulong)i + 10), new StoreId((ulong)i)))]);

    public RegionError? Refusal { get; set; }

    public Exception? Failure { get; set; }

    /// <summary>Readers wait for it, to hold scans up.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    public RequestContext? LastContext { get; private set; }

    /// <summary>Readers that are asked for or not disposed.</summary>
    public int OpenReaders => Volatile.Read(ref _openReaders);

    /// <summary>The most that <see cref="OpenReaders"/> ever was.</summary>
    public int MaxReaders => Volatile.Read(ref _maxReaders);

    public Task<RegionError?> WriteAsync(
        RequestContext context, IReadOnlyList<Modify> batch, CancellationToken cancellation)
    {
        LastContext = context;
        if (Failure is not null) return Task.FromException<RegionError?>(Failure);
        if (Refusal is not null) return Task.FromResult<RegionError?>(Refusal);
        lock (_pairs) Apply(batch);
        return Task.FromResult<RegionError?>(null);
    }

    public Task<OutcomeOrRefusal> WriteIfAsync(
        RequestContext context, Condition condition, IReadOnlyList<Modify> batch, CancellationToken cancellation)
    {
        LastContext = context;
        if (Failure is not null) return Task.FromException<OutcomeOrRefusal>(Failure);
        if (Refusal is not null) return Task.FromResult(new OutcomeOrRefusal(null, Refusal));
        lock (_pairs)
        {
            var key = (condition.Family, Convert.ToHexString(condition.Key.Span));
            var current = _pairs.GetValueOrDefault(key);
            var holds = condition.Holds(current);
            if (holds) Apply(batch);
            return Task.FromResult(new OutcomeOrRefusal(new ConditionOutcome(holds, current), null));
        }
    }

    private void Apply(IReadOnlyList<Modify> batch)
    {
        foreach (var write in batch)
        {
            var key = (write.Family, Convert.ToHexString(write.Key.Span));
            if (write is Modify.Put put) _pairs[key] = put.Value.ToArray();
            else if (write is Modify.DeleteRange(var family, var range))
                foreach (var each in _pairs.Keys.Where(pair => pair.Item1 == family
                    && range.Contains(Convert.FromHexString(pair.Item2))).ToList()) _pairs.Remove(each);
            else _pairs.Remove(key);
        }
    }

    public async Task<ReaderOrRefusal> ReaderAsync(RequestContext context, CancellationToken cancellation)
    {
        LastContext = context;
        var reader = new Reader(this);
        try
        {
            await Ready.WaitAsync(cancellation);
            if (Failure is not null) throw Failure;
            if (Refusal is null) return new ReaderOrRefusal(reader, null);
        }
        catch
        {
            reader.Dispose();
            throw;
        }
        reader.Dispose();
        return new ReaderOrRefusal(null, Refusal);
    }

    private void CountReader()
    {
        lock (_pairs) _maxReaders = Math.Max(_maxReaders, ++_openReaders);
    }

    private sealed class Reader : IStorageReader
    {
        private readonly FakeStorage _storage;

        public Reader(FakeStorage storage)
        {
            _storage = storage;
            storage.CountReader();
        }

        public Region Region => _storage.Region;

        public byte[]? GetCF(ColumnFamily family, ReadOnlySpan<byte> key)
        {
            lock (_storage._pairs) return _storage._pairs.GetValueOrDefault((family, Convert.ToHexString(key)));
        }

        public IEngineIterator IterCF(ColumnFamily family, KeyRange range) => new Iterator(Pairs(family, range));

        public IEngineIterator ReverseIterCF(ColumnFamily family, KeyRange range) =>
            new Iterator([.. Pairs(family, range).Reverse()]);

        private (byte[] Key, byte[] Value)[] Pairs(ColumnFamily family, KeyRange range)
        {
            lock (_storage._pairs)
            {
                return [.. _storage._pairs
                    .Where(pair => pair.Key.Item1 == family)
                    .Select(pair => (Key: Convert.FromHexString(pair.Key.Item2), pair.Value))
                    .Where(pair => range.Intersect(Region.Range).Contains(pair.Key))];
            }
        }

        public void Dispose()
        {
            lock (_storage._pairs) _storage._openReaders--;
        }
    }

    private sealed class Iterator((byte[] Key, byte[] Value)[] pairs) : IEngineIterator
    {
        private int _at = -1;

        public ReadOnlySpan<byte> Key => pairs[_at].Key;

        public ReadOnlySpan<byte> Value => pairs[_at].Value;

        public bool MoveNext() => ++_at < pairs.Length;

        public bool Seek(ReadOnlySpan<byte> key) => throw new NotSupportedException();

        public void Dispose() { }
    }
}

/// <summary>Counts ids and timestamps up; regions and leaders are what it is told.</summary>
internal sealed class FakePlacement : IPlacement
{
    private long _logical;
    private ulong _id = 999;

    public StoreId? Leader { get; set; }

    public RegionMap<LocatedRegion> Regions { get; set; } = RegionMap<LocatedRegion>.Empty;

    /// <summary>What is known of regions that do not overlap.</summary>
    public static RegionMap<LocatedRegion> MapOf(params LocatedRegion[] regions) =>
        regions.Aggregate(RegionMap<LocatedRegion>.Empty, (map, region) => map.Add(region));

    public bool Unavailable { get; set; }

    /// <summary>Timestamps wait for it.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    /// <summary>Completes when timestamps are asked for.</summary>
    public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StoreDirectory Stores { get; set; } = StoreDirectory.Empty;

    /// <summary>What stores are refused with; null: nothing.</summary>
    public RegistryRefusal? Refusal { get; set; }

    public List<Command> Changes { get; } = [];

    public List<(StoreId, StoreStats)> Heard { get; } = [];

    public Task<StoreList> ListStoresAsync(CancellationToken cancellation) => Unavailable
        ? Task.FromException<StoreList>(new PlacementUnavailableException("no leader"))
        : Task.FromResult(new StoreList(Stores, [.. Stores.Stores.Values.Select(store => new StoreReport(
            store.Id, StoreCondition.Down, TimeSpan.FromSeconds(4), new StoreStats(1, 2, 3, 4, 5, 6)))]));

    public Task<StoreDirectory> ChangeStoresAsync(Command command, CancellationToken cancellation)
    {
        Changes.Add(command);
        return Refusal is null ? Task.FromResult(Stores)
            : Task.FromException<StoreDirectory>(new RegistryRefusedException(Refusal));
    }

    public Task HearAsync(StoreId store, StoreStats stats, CancellationToken cancellation)
    {
        Heard.Add((store, stats));
        return Refusal is null ? Task.CompletedTask : Task.FromException(new RegistryRefusedException(Refusal));
    }

    public Task<ulong> AllocateIdAsync(CancellationToken cancellation) => Unavailable
        ? Task.FromException<ulong>(new PlacementUnavailableException("no leader")) : Task.FromResult(++_id);

    public async Task<Timestamp> AllocateTimestampsAsync(int count, CancellationToken cancellation)
    {
        Asked.TrySetResult();
        await Ready.WaitAsync(cancellation);
        return Unavailable ? throw new PlacementUnavailableException("no leader")
            : new Timestamp(1000, _logical += count);
    }
}
