using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Client;

/// <summary>The region cache and the scan cursor by themselves.</summary>
public sealed class ClientPartsTests
{
    private static readonly Peer Leader = new(new PeerId(1), new StoreId(1));

    [Fact]
    public void Regions_led_by_a_lost_store_have_no_leader()
    {
        var cache = new RegionCache();
        cache.Add(Located(1, "", "m", version: 1));
        cache.Add(Located(2, "m", "", version: 1) with { Leader = new Peer(new PeerId(2), new StoreId(2)) });
        cache.DropLeader(new StoreId(1));

        Assert.Null(cache.Known.Find(Bytes("a"))!.Leader);
        Assert.NotNull(cache.Known.Find(Bytes("z"))!.Leader);
    }

    [Fact]
    public void The_successor_of_a_key_is_no_longer_than_keys_may_be()
    {
        var longest = new byte[Limits.MaxKeyBytes];
        longest[^1] = 0xFF;
        longest[^2] = 7;

        Assert.Equal([1, 0], ScanCursor.Successor([1])!.Value.ToArray());
        Assert.Equal([.. longest[..^2], 8], ScanCursor.Successor(longest)!.Value.ToArray());
        longest.AsSpan().Fill(0xFF);
        Assert.Null(ScanCursor.Successor(longest));
    }

    [Fact]
    public void Nothing_lies_between_a_bound_and_the_key_below_it_where_a_walk_downwards_begins()
    {
        byte[] longest = [.. new byte[Limits.MaxKeyBytes - 1], 7];

        Assert.Equal([1], ScanCursor.LastBelow([1, 0]).ToArray());
        Assert.Equal([1, 1, .. Highest(2)], ScanCursor.LastBelow([1, 2]).ToArray());
        Assert.Equal([.. longest[..^1], 6], ScanCursor.LastBelow(longest).ToArray());
        // A bound may be the successor of the longest key, and have one byte more.
        Assert.Equal(longest, ScanCursor.LastBelow([.. longest, 0]).ToArray());
        Assert.Equal(longest, ScanCursor.LastBelow([.. longest, 9]).ToArray());
        Assert.Equal(Highest(0), ScanCursor.LastBelow([]).ToArray());

        static byte[] Highest(int after) => [.. Enumerable.Repeat(byte.MaxValue, Limits.MaxKeyBytes - after)];
    }

    private static LocatedRegion Located(ulong id, string start, string end, ulong version) => new(
        new Region(
            new RegionId(id), new KeyRange(Bytes(start), Bytes(end)), new RegionEpoch(1, version), [Leader]),
        Leader);

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
