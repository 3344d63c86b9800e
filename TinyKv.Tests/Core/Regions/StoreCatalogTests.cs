using CsCheck;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Core.Regions;

public sealed class StoreCatalogTests
{
    // Bounds are the empty key, which as an end means none, or one byte: few enough to meet often.
    private static readonly Gen<byte[]> Bound = Gen.Byte[0, 6].Select(bound => bound == 0 ? [] : new[] { bound });

    private static readonly Gen<RegionRecord> Record = Gen
        .Select(Gen.ULong[0, 4], Bound, Bound, Gen.ULong[1, 4], Gen.ULong[1, 4], Gen.Enum<RegionState>())
        .Where((_, start, end, _, _, _) => !new KeyRange(start, end).IsEmpty)
        .Select((id, start, end, confVer, version, state) => new RegionRecord(
            new Region(new RegionId(id), new KeyRange(start, end), new RegionEpoch(confVer, version), []))
        { State = state });

    private enum Kind
    {
        Told,
        Reserved,
        Released,
    }

    private static readonly Gen<(Kind, RegionRecord)[]> Steps = Gen.Select(Gen.Enum<Kind>(), Record).Array[0, 20];

    [Fact]
    public void Whatever_is_told_ranges_are_disjoint() => Record.Array[0, 20].Sample(told =>
    {
        var ranges = Taken(told).Records.Where(HasKeys).Select(record => record.Region.Range).ToList();

        for (var i = 0; i < ranges.Count; i++)
            for (var j = 0; j < i; j++) Assert.True(ranges[i].Intersect(ranges[j]).IsEmpty);
    }, iter: 2000);

    [Fact]
    public void A_record_is_refused_exactly_if_it_overlaps_another_or_goes_back() => Record.Array[1, 20].Sample(told =>
    {
        var (catalog, record) = (Taken(told[..^1]), told[^1]);

        var overlaps = HasKeys(record) && catalog.Records.Any(other => HasKeys(other)
            && other.Region.Id != record.Region.Id && !other.Region.Range.Intersect(record.Region.Range).IsEmpty);
        var goesBack = catalog.Find(record.Region.Id) is { } known && (known.Region.Epoch.IsNewerThan(record.Region.Epoch)
            || (known.State == RegionState.Tombstone && record.State != RegionState.Tombstone
                && known.Region.Epoch.ConfVer > record.Region.Epoch.ConfVer));
        Assert.Equal(overlaps || goesBack, TryTake(catalog, record) is null);
    }, iter: 5000);

    [Fact]
    public void What_was_taken_last_is_found_and_nothing_else_has_changed() => Record.Array[1, 20].Sample(told =>
    {
        var (before, record) = (Taken(told[..^1]), told[^1]);
        if (TryTake(before, record) is not { } after) return;

        Assert.Equal(record, after.Find(record.Region.Id));
        Assert.Equal(
            before.Records.Where(other => other.Region.Id != record.Region.Id).Append(record)
                .OrderBy(each => each.Region.Id.Value),
            after.Records);
    }, iter: 2000);

    [Fact]
    public void Whatever_is_told_reservations_and_ranges_of_different_regions_are_disjoint() => Steps.Sample(steps =>
    {
        var owned = Owned(steps.Aggregate(StoreCatalog.Empty, Step)).ToList();

        for (var i = 0; i < owned.Count; i++)
            for (var j = 0; j < i; j++)
                Assert.True(owned[i].Id == owned[j].Id || owned[i].Range.Intersect(owned[j].Range).IsEmpty);
    }, iter: 2000);

    [Fact]
    public void A_snapshot_is_refused_exactly_if_it_overlaps_another_or_goes_back_or_one_is_on_its_way() =>
        Gen.Select(Steps, Record).Sample((steps, record) =>
        {
            var (catalog, region) = (steps.Aggregate(StoreCatalog.Empty, Step), record.Region);

            var after = catalog.Reserve(region, out var refusal);

            var overlaps = region.Id != RegionId.Placement && Owned(catalog).Any(
                other => other.Id != region.Id && !other.Range.Intersect(region.Range).IsEmpty);
            var goesBack = catalog.Find(region.Id) is { } known && (known.Region.Epoch.IsNewerThan(region.Epoch)
                || (known.State == RegionState.Tombstone && known.Region.Epoch.ConfVer > region.Epoch.ConfVer));
            var isTwice = catalog.Reserved.Any(each => each.Id == region.Id);
            Assert.Equal(overlaps || goesBack || isTwice, refusal.Length > 0);
            if (refusal.Length > 0) Assert.Same(catalog, after);
            else Assert.Contains(region, after.Reserved);
        }, iter: 5000);

    [Fact]
    public void What_was_reserved_becomes_a_replica_and_what_was_released_is_free()
    {
        var (mine, other) = (Live(1, "", "m"), Live(2, "b", "z"));
        var reserved = StoreCatalog.Empty.Reserve(mine.Region, out _);

        Assert.Throws<InvariantViolationException>(() => reserved.With(other));
        Assert.Equal(new Addressee.Unknown(), reserved.AddresseeOf(new RegionId(1)));
        Assert.Equal(new Addressee.Here(mine), reserved.With(mine).Release(new RegionId(1)).AddresseeOf(new RegionId(1)));
        Assert.Equal([other], reserved.Release(new RegionId(1)).With(other).Records);
    }

    [Fact]
    public void The_order_of_records_does_not_matter() => Gen.Shuffle(new[] { "", "b", "d", "f" }).Sample(starts =>
    {
        var ends = new Dictionary<string, string> { [""] = "b", ["b"] = "d", ["d"] = "f", ["f"] = "" };
        var catalog = StoreCatalog.Of(starts.Select(start => Live(start.FirstOrDefault('a'), start, ends[start])));

        Assert.Equal(4, catalog.Records.Count());
    });

    [Fact]
    public void Messages_reach_replicas_and_nothing_else()
    {
        var (live, reserved, removed) = (Live(1, "", "b"), Live(2, "b", "c"), Live(3, "c", ""));
        var gone = removed with { State = RegionState.Tombstone };
        var catalog = StoreCatalog.Of([live, reserved with { State = RegionState.Applying }, gone]);

        Assert.Equal(new Addressee.Here(live), catalog.AddresseeOf(new RegionId(1)));
        Assert.Equal(new Addressee.Unknown(), catalog.AddresseeOf(new RegionId(2)));
        Assert.Equal(new Addressee.Gone(gone), catalog.AddresseeOf(new RegionId(3)));
        Assert.Equal(new Addressee.Unknown(), catalog.AddresseeOf(new RegionId(4)));
    }

    [Fact]
    public void The_placement_group_has_no_keys()
    {
        var placement = new RegionRecord(new Region(RegionId.Placement, KeyRange.All, RegionEpoch.Initial, []));

        var catalog = StoreCatalog.Of([placement, Live(1, "", "")]);

        Assert.Equal(new Addressee.Here(placement), catalog.AddresseeOf(RegionId.Placement));
    }

    [Fact]
    public void A_parent_makes_room_for_its_child()
    {
        var parent = Live(1, "", "");
        var smaller = parent.Region with { Range = Live(1, "", "m").Region.Range, Epoch = new RegionEpoch(1, 2) };

        var catalog = StoreCatalog.Of([parent]).With(parent with { Region = smaller }).With(Live(2, "m", ""));

        Assert.Equal(2, catalog.Records.Count());
        Assert.Throws<InvariantViolationException>(() => StoreCatalog.Of([parent]).With(Live(2, "m", "")));
    }

    [Fact]
    public void A_split_takes_the_place_from_a_snapshot_of_the_region_as_it_was_before()
    {
        var parent = Live(1, "", "");
        var smaller = parent with
        {
            Region = parent.Region with { Range = Live(1, "", "m").Region.Range, Epoch = new RegionEpoch(1, 2) },
        };
        var child = Live(2, "m", "");
        var before = StoreCatalog.Of([parent]);

        var split = before.Reserve(parent.Region, out _).With(smaller).With(child);

        Assert.Equal([smaller, child], split.Records);
        Assert.Empty(split.Reserved);
        Assert.Equal([smaller.Region], before.Reserve(smaller.Region, out _).With(smaller).With(child).Reserved);
    }

    [Fact]
    public void Who_was_removed_comes_back_as_another_or_not_at_all()
    {
        var live = Live(1, "", "m");
        var with = live.Region with { Epoch = new RegionEpoch(5, 1), Peers = [new Peer(new PeerId(11), new StoreId(1))] };
        var catalog = StoreCatalog.Of([live with { Region = with }]).With((live with { Region = with }).Removed(new PeerId(11)));
        var other = with with { Peers = [new Peer(new PeerId(1001), new StoreId(1))] };

        Assert.False(catalog.MayBecome(with));
        Assert.False(catalog.MayBecome(with with { Epoch = new RegionEpoch(9, 1) }));
        Assert.False(catalog.MayBecome(other with { Epoch = new RegionEpoch(4, 1) }));
        Assert.True(catalog.MayBecome(other));
    }

    private static StoreCatalog Taken(IEnumerable<RegionRecord> told) =>
        told.Aggregate(StoreCatalog.Empty, (catalog, record) => TryTake(catalog, record) ?? catalog);

    private static StoreCatalog? TryTake(StoreCatalog catalog, RegionRecord record)
    {
        try
        {
            return catalog.With(record);
        }
        catch (InvariantViolationException)
        {
            return null;
        }
    }

    private static StoreCatalog Step(StoreCatalog catalog, (Kind Kind, RegionRecord Record) step) => step.Kind switch
    {
        Kind.Told => TryTake(catalog, step.Record) ?? catalog,
        Kind.Reserved => catalog.Reserve(step.Record.Region, out _),
        _ => catalog.Release(step.Record.Region.Id),
    };

    private static IEnumerable<Region> Owned(StoreCatalog catalog) => catalog.Records.Where(HasKeys)
        .Select(record => record.Region).Concat(catalog.Reserved.Where(region => region.Id != RegionId.Placement));

    private static bool HasKeys(RegionRecord record) =>
        record.State != RegionState.Tombstone && record.Region.Id != RegionId.Placement;

    private static RegionRecord Live(ulong id, string start, string end) => new(
        new Region(new RegionId(id), new KeyRange(Bytes(start), Bytes(end)), RegionEpoch.Initial, []));

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
