using CsCheck;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Core.Regions;

public sealed class RegionMapTests
{
    private static readonly RegionMap<LocatedRegion> Empty = RegionMap<LocatedRegion>.Empty;

    // Bounds are the empty key, which as an end means none, or one byte: few enough to meet often.
    private static readonly Gen<byte[]> Bound = Gen.Byte[0, 8].Select(bound => bound == 0 ? [] : new[] { bound });

    private static readonly Gen<LocatedRegion> AnyRegion = Gen
        .Select(Gen.ULong[1, 5], Bound, Bound, Gen.ULong[1, 4], Gen.ULong[1, 2])
        .Where((_, start, end, _, _) => !new KeyRange(start, end).IsEmpty)
        .Select((id, start, end, version, confVer) => new LocatedRegion(
            new Region(new RegionId(id), new KeyRange(start, end), new RegionEpoch(confVer, version), []), null));

    [Theory]
    [InlineData("a", 1ul)]
    [InlineData("lz", 1ul)]
    [InlineData("m", 2ul)]
    [InlineData("z", null)]
    public void A_key_is_found_in_the_region_that_holds_it(string key, ulong? region)
    {
        var map = Empty.Add(Located(2, "m", "t", version: 1)).Add(Located(1, "", "m", version: 1));

        Assert.Equal(region, map.Find(Bytes(key))?.Region.Id.Value);
    }

    [Theory]
    [InlineData("m", 1ul)]
    [InlineData("mm", 2ul)]
    [InlineData("t", 2ul)]
    [InlineData("u", null)]
    [InlineData("", null)]
    public void A_walk_downwards_begins_in_the_region_below_its_bound(string bound, ulong? region)
    {
        var map = Empty.Add(Located(2, "m", "t", version: 1)).Add(Located(1, "", "m", version: 1));

        Assert.Equal(region, map.FindBelow(Bytes(bound))?.Region.Id.Value);
    }

    [Fact]
    public void Newer_regions_push_out_what_they_overlap()
    {
        var map = Empty.Add(Located(1, "", "", version: 1)).Add(Located(2, "m", "", version: 2));

        Assert.Equal(2ul, map.Find(Bytes("z"))!.Region.Id.Value);
        Assert.Null(map.Find(Bytes("a")));
        Assert.Null(map.Find(new RegionId(1)));
    }

    [Fact]
    public void An_older_answer_does_not_bring_back_what_was_split()
    {
        var map = Empty.Add(Located(2, "m", "", version: 2));

        Assert.Same(map, map.Add(Located(1, "", "", version: 1)));
    }

    [Fact]
    public void Of_a_region_that_has_moved_only_the_newer_place_is_known()
    {
        var map = Empty.Add(Located(1, "", "m", version: 1)).Add(Located(1, "t", "", version: 2));

        Assert.Null(map.Find(Bytes("a")));
        Assert.Single(map.Entries);
        Assert.Same(map, map.Add(Located(1, "", "m", version: 1)));
    }

    [Fact]
    public void A_map_agrees_with_a_list_that_is_searched_from_end_to_end() =>
        Gen.Select(AnyRegion.Array[0, 12], Gen.ULong[1, 5], Bound, Bound).Sample((added, removed, key, end) =>
        {
            var (map, list) = (Empty, new List<LocatedRegion>());
            foreach (var entry in added)
            {
                map = map.Add(entry);
                Add(list, entry);
            }
            map = map.Remove(new RegionId(removed));
            list.RemoveAll(each => each.Region.Id.Value == removed);

            Assert.Equal(list.OrderBy(each => Convert.ToHexString(each.Region.Range.Start.Span)), map.Entries);
            Assert.Equal(list.Count, map.Count);
            Assert.All(list, each => Assert.Same(each, map.Find(each.Region.Id)));
            Assert.Same(list.Find(each => each.Region.Range.Contains(key)), map.Find(key));
            Assert.Same(list.Find(each => each.Region.Range.ContainsBelow(key)), map.FindBelow(key));
            var range = new KeyRange(key, end);
            if (!range.IsEmpty)
                Assert.Equal(map.Entries.Where(each => !each.Region.Range.Intersect(range).IsEmpty), map.Overlapping(key, end));
        });

    private static void Add(List<LocatedRegion> list, LocatedRegion entry)
    {
        var region = entry.Region;
        var replaced = list.Where(each => each.Region.Id == region.Id
            || !each.Region.Range.Intersect(region.Range).IsEmpty).ToList();
        if (replaced.Exists(each => each.Region.Epoch.IsNewerThan(region.Epoch))) return;
        list.RemoveAll(replaced.Contains);
        list.Add(entry);
    }

    private static LocatedRegion Located(ulong id, string start, string end, ulong version) => new(
        new Region(new RegionId(id), new KeyRange(Bytes(start), Bytes(end)), new RegionEpoch(1, version), []),
        new Peer(new PeerId(1), new StoreId(1)));

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
