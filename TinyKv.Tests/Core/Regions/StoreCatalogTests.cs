using CsCheck;
using TinyKv.Core;
using TinyKv.Core.Keys;
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
                && known.Region.Epoch.ConfVer >= record.Region.Epoch.ConfVer));
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
        var catalog = StoreCatalog.Of(
            [live, reserved with { State = RegionState.Applying }, removed with { State = RegionState.Tombstone }]);

        Assert.Equal(new Addressee.Here(live), catalog.AddresseeOf(new RegionId(1)));
        Assert.Equal(new Addressee.Unknown(), catalog.AddresseeOf(new RegionId(2)));
        Assert.Equal(new Addressee.Gone(1), catalog.AddresseeOf(new RegionId(3)));
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

    private static bool HasKeys(RegionRecord record) =>
        record.State != RegionState.Tombstone && record.Region.Id != RegionId.Placement;

    private static RegionRecord Live(ulong id, string start, string end) => new(
        new Region(new RegionId(id), new KeyRange(Bytes(start), Bytes(end)), RegionEpoch.Initial, []));

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
