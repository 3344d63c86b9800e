using TinyKv.Core.Keys;
using TinyKv.Protocol.Wire.Raw.V1;
using static TinyKv.Tests.Server.Grpc.TinyKvProtocolServiceTests;

namespace TinyKv.Tests.Server.Grpc;

public sealed class RawScanTests : ServedTests
{
    private Raw.RawClient Raw => new(Ports.Channel);

    [Fact]
    public async Task A_scan_ends_before_its_end_key()
    {
        await PutAsync(10, "a", "b", "c", "d");
        var page = await ScanAsync("b", "d");
        Assert.Equal(["b", "c"], Keys(page));
        Assert.Empty(page.NextKey);
    }

    [Fact]
    public async Task Values_are_left_out_when_only_keys_are_asked_for()
    {
        await PutAsync(10, "a");
        var page = await Raw.ScanAsync(new() { Context = Context(), Limit = 9, KeysOnly = true });
        Assert.Empty(Assert.Single(page.Pairs).Value);
    }

    [Fact]
    public async Task A_page_that_reaches_the_limit_names_no_next_key()
    {
        await PutAsync(10, "a", "b", "c");
        var page = await ScanAsync("", "", limit: 2);
        Assert.Equal(["a", "b"], Keys(page));
        Assert.Empty(page.NextKey);
    }

    [Fact]
    public async Task Full_pages_lead_to_every_pair()
    {
        await PutAsync(Limits.MaxReplyBytes / 3, "a", "b", "c", "d", "e", "f", "g");
        var (keys, next) = (new List<string>(), "");
        do
        {
            var page = await ScanAsync(next, "");
            Assert.InRange(page.CalculateSize(), 1, Limits.MaxReplyBytes);
            keys.AddRange(Keys(page));
            next = page.NextKey.ToStringUtf8();
        }
        while (next.Length > 0);
        Assert.Equal(["a", "b", "c", "d", "e", "f", "g"], keys);
    }

    [Fact]
    public async Task Full_pages_lead_downwards_to_every_pair()
    {
        await PutAsync(Limits.MaxReplyBytes / 3, "a", "b", "c", "d", "e", "f", "g");
        var (keys, next) = (new List<string>(), "");
        do
        {
            var page = await Raw.ScanAsync(new ScanRequest { EndKey = Bytes(next), Limit = 100, Reverse = true });
            keys.AddRange(Keys(page));
            next = page.NextKey.ToStringUtf8();
        }
        while (next.Length > 0);
        Assert.Equal(["g", "f", "e", "d", "c", "b", "a"], keys);
    }

    [Fact]
    public async Task Where_the_region_ends_before_the_range_does_the_page_says_where_to_continue()
    {
        await PutAsync(10, "b", "c", "d");
        Store.Data.Region = Store.Data.Region with { Range = new KeyRange("b"u8.ToArray(), "d"u8.ToArray()) };

        var up = await ScanAsync("b", "z");
        var down = await Raw.ScanAsync(new ScanRequest
        {
            Context = Context(),
            StartKey = Bytes("a"),
            EndKey = Bytes("d"),
            Limit = 9,
            Reverse = true,
        });
        var inside = await ScanAsync("b", "d");

        Assert.Equal(["b", "c", "next d"], Keys(up).Append($"next {up.NextKey.ToStringUtf8()}"));
        Assert.Equal(["c", "b", "next b"], Keys(down).Append($"next {down.NextKey.ToStringUtf8()}"));
        Assert.Empty(inside.NextKey);
    }

    [Theory]
    [InlineData("b")]
    [InlineData("e")]
    [InlineData("")]
    public async Task A_reverse_scan_that_begins_outside_the_region_is_refused(string end)
    {
        Store.Data.Region = Store.Data.Region with { Range = new KeyRange("b"u8.ToArray(), "d"u8.ToArray()) };
        var reply = await Raw.ScanAsync(new ScanRequest
        {
            Context = Context(),
            EndKey = Bytes(end),
            Limit = 9,
            Reverse = true,
        });
        Assert.Equal(Bytes(end), reply.RegionError.KeyNotInRegion.Key);
    }

    [Fact]
    public async Task A_pair_larger_than_a_page_is_a_page()
    {
        await PutAsync(Limits.MaxValueBytes, "a", "b");
        var page = await ScanAsync("", "");
        Assert.Equal(["a"], Keys(page));
        Assert.Equal("b", page.NextKey.ToStringUtf8());
    }

    [Theory]
    [InlineData("c", "c")]
    [InlineData("c", "a")]
    public async Task A_range_that_ends_where_it_starts_or_before_is_empty(string start, string end)
    {
        await PutAsync(10, "a", "b", "c", "d");
        var page = await ScanAsync(start, end);
        Assert.Empty(page.Pairs);
        Assert.Empty(page.Error);
    }

    [Fact]
    public async Task Bad_input_is_named_in_the_reply()
    {
        var none = await ScanAsync("", "", limit: 0);
        Assert.StartsWith("the limit is 0", none.Error, StringComparison.Ordinal);
        var overlong = await Raw.ScanAsync(new ScanRequest
        {
            Context = Context(),
            Limit = 1,
            EndKey = Zeros(Limits.MaxKeyBytes + 2),
        });
        Assert.StartsWith("the end key has", overlong.Error, StringComparison.Ordinal);
        var family = await Raw.ScanAsync(new ScanRequest { Context = Context(), Limit = 1, Cf = "x" });
        Assert.StartsWith("unknown column family 'x'", family.Error, StringComparison.Ordinal);
    }

    private async Task PutAsync(int valueBytes, params string[] keys)
    {
        foreach (var key in keys)
            await Raw.PutAsync(new() { Context = Context(), Key = Bytes(key), Value = Zeros(valueBytes - 1) });
    }

    private async Task<ScanResponse> ScanAsync(string start, string end, uint limit = 100) =>
        await Raw.ScanAsync(new ScanRequest
        {
            Context = Context(),
            StartKey = Bytes(start),
            EndKey = Bytes(end),
            Limit = limit,
        });

    private static IEnumerable<string> Keys(ScanResponse page) =>
        page.Pairs.Select(pair => pair.Key.ToStringUtf8());
}
