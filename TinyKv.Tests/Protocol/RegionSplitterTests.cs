using CsCheck;
using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Tests.Protocol;

/// <summary>Requests for keys of several regions, cut and put together, by what is known of the regions.</summary>
public sealed class RegionSplitterTests
{
    // Keys and bounds are one byte: few enough to meet often.
    private static readonly Gen<byte> Key = Gen.Byte[1, 40];

    private static readonly Gen<ByteString> Bound = Gen.Byte[0, 40].Select(key => key == 0 ? ByteString.Empty : Bytes(key));

    private static readonly Gen<Region[]> Regions = Key.Array[0, 8].Select(cuts =>
    {
        byte[][] bounds = [[], .. cuts.Distinct().Order().Select(cut => new[] { cut }), []];
        return bounds.Zip(bounds.Skip(1), (start, end) => new KeyRange(start, end))
            .Select((range, i) => new Region(new RegionId((ulong)i + 1), range, RegionEpoch.Initial, [])).ToArray();
    });

    private static readonly Gen<(Region[] Truth, RegionMap<LocatedRegion> Known)> World = Regions.SelectMany(regions =>
        Gen.Bool.Array[regions.Length].Select(isKnown => (regions, regions.Where((_, i) => isKnown[i]).Aggregate(
            RegionMap<LocatedRegion>.Empty, (map, region) => map.Add(new LocatedRegion(region, null))))));

    private static readonly Gen<IRoutedRequest> Batch = Gen.Select(Key.Array[1, 20], Gen.Int[0, 2], (keys, kind) => kind switch
    {
        0 => (IRoutedRequest)new BatchGetRequest { Keys = { keys.Select(Bytes) }, Cf = "lock" },
        1 => new BatchPutRequest { Pairs = { keys.Select((key, i) => new Pair { Key = Bytes(key), Value = Bytes((byte)i) }) } },
        _ => new BatchDeleteRequest { Keys = { keys.Select(Bytes) } },
    });

    private static readonly Gen<IRoutedRequest> Deletion = Gen.Select(Bound, Bound,
        (start, end) => (IRoutedRequest)new DeleteRangeRequest { StartKey = start, EndKey = end, Cf = "write" });

    [Fact]
    public void A_request_spans_a_region_when_it_begins_there_and_has_keys_elsewhere() =>
        Gen.Select(World, Gen.OneOf(Batch, Deletion)).Sample((world, request) =>
        {
            var keys = KeysOf(request);
            foreach (var region in world.Truth)
            {
                var begins = region.Range.Contains(request.RoutingKey.Span);
                var reaches = request is DeleteRangeRequest { EndKey: var end }
                    ? region.Range.IsBounded && (end.IsEmpty || end.Span.SequenceCompareTo(region.Range.End.Span) > 0)
                    : keys.Exists(key => !region.Range.Contains(key.Span));
                Assert.Equal(begins && reaches, RegionSplitter.Spans(request, region.Range));
            }
        });

    [Fact]
    public void Each_key_of_a_batch_is_in_one_part_with_others_of_its_region_and_in_their_order() =>
        Gen.Select(World, Batch).Sample((world, request) =>
        {
            if (Cut(world, request) is not { } parts) return;
            var keys = KeysOf(request);
            Assert.True(parts.Count > 1);
            Assert.Equal(Enumerable.Range(0, keys.Count), parts.SelectMany(part => part.Items!).Order());
            foreach (var part in parts)
            {
                Assert.Equal(part.Items!.Order(), part.Items);
                Assert.Equal(part.Items!.Select(item => keys[item]), KeysOf(part.Request));
                Assert.Single(part.Items!.Select(item => PlaceOf(world, keys[0], keys[item])).Distinct());
                Assert.Equal(request.Cf, part.Request.Cf);
            }
            Assert.Equal(parts.Count, keys.Select(key => PlaceOf(world, keys[0], key)).Distinct().Count());
        });

    [Fact]
    public void The_parts_of_a_range_lie_side_by_side_and_end_where_regions_do() =>
        Gen.Select(World, Deletion).Sample((world, request) =>
        {
            if (Cut(world, request) is not { } parts) return;
            var (whole, ranges) = (RangeOf(request), parts.Select(part => RangeOf(part.Request)).ToList());
            Assert.True(ranges.Count > 1);
            Assert.Equal(whole, new KeyRange(ranges[0].Start, ranges[^1].End));
            for (var i = 0; i < ranges.Count; i++)
            {
                Assert.False(ranges[i].IsEmpty);
                Assert.Equal(request.Cf, parts[i].Request.Cf);
                var region = i == 0 ? RegionOf(world.Truth, whole.Start) : world.Known.Find(ranges[i].Start)?.Region;
                Assert.Equal(region is null ? ranges[i] : ranges[i].Intersect(region.Range), ranges[i]);
                if (i > 0) Assert.Equal(ranges[i - 1].End, ranges[i].Start);
                // Only what lies nowhere that is known is left as a whole.
                if (region is null) Assert.Equal(ranges.Count - 1, i);
            }
        });

    [Fact]
    public void A_request_in_parts_does_and_answers_what_it_would_in_one_region() =>
        Gen.Select(World, Gen.OneOf(Batch, Deletion), Key.Array[0, 20]).Sample((world, request, filled) =>
        {
            var (whole, parted) = (new Store(filled), new Store(filled));
            var expected = whole.Execute(request);
            Assert.Equal(expected, ExecuteInParts(world, request, parted));
            Assert.Equal(whole.Pairs, parted.Pairs);
        });

    [Fact]
    public async Task No_more_than_so_many_parts_are_on_their_way_at_once()
    {
        var (underWay, most) = (new Queue<TaskCompletionSource>(), 0);
        var parts = Enumerable.Range(0, 3 * RequestParts.MaxAtOnce).Select(i => new RequestPart(new GetRequest(), [i])).ToList();
        var sending = RequestParts.SendAsync(parts, async part =>
        {
            underWay.Enqueue(new TaskCompletionSource());
            most = Math.Max(most, underWay.Count);
            await underWay.Last().Task;
            return new PartEnd(part) { Reply = new GetResponse() };
        });
        while (underWay.TryDequeue(out var next)) next.SetResult();

        Assert.Equal(parts, (await sending).Select(end => end.Part));
        Assert.Equal(RequestParts.MaxAtOnce, most);
    }

    [Fact]
    public async Task After_a_part_that_failed_those_on_their_way_are_awaited_and_no_others_sent()
    {
        var second = new TaskCompletionSource<PartEnd>();
        var parts = Enumerable.Range(0, 40).Select(i => new RequestPart(new GetRequest(), [i])).ToList();
        var sending = RequestParts.SendAsync(parts, part => part.Items![0] switch
        {
            0 => throw new InvalidOperationException("an accident"),
            1 => second.Task,
            _ => Task.FromResult(new PartEnd(part) { Reply = new GetResponse() }),
        });
        Assert.False(sending.IsCompleted);
        second.SetResult(new PartEnd(parts[1]) { Reply = new GetResponse() });

        var ends = await sending;
        Assert.Equal(RequestParts.MaxAtOnce, ends.Count);
        Assert.Equal("an accident", Assert.Single(ends, end => !end.IsDone).Failure!.Message);
    }

    private static IReadOnlyList<RequestPart>? Cut(
        (Region[] Truth, RegionMap<LocatedRegion> Known) world, IRoutedRequest request)
    {
        var first = RegionOf(world.Truth, request.RoutingKey.Memory);
        return RegionSplitter.Spans(request, first.Range)
            ? RegionSplitter.Cut(new RequestPart(request), first, world.Known) : null;
    }

    // The first region of a part is looked up, as by a client; the others stay unknown until then.
    private static IRawReply ExecuteInParts(
        (Region[] Truth, RegionMap<LocatedRegion> Known) world, IRoutedRequest request, Store store)
    {
        if (Cut(world, request) is not { } parts) return store.Execute(request);
        var sending = RequestParts.SendAsync(parts, part =>
        {
            var first = RegionOf(world.Truth, part.Request.RoutingKey.Memory);
            return Task.FromResult(RegionSplitter.Spans(part.Request, first.Range)
                ? new PartEnd(part) { Cut = RegionSplitter.Cut(part, first, world.Known) }
                : new PartEnd(part) { Reply = store.Execute(part.Request, first.Range) });
        });
        Assert.True(sending.IsCompletedSuccessfully);
        return RegionSplitter.Join(request, sending.Result);
    }

    // Which region a key is sent to, as far as is known; 0: none.
    private static ulong PlaceOf((Region[] Truth, RegionMap<LocatedRegion> Known) world, ByteString first, ByteString key)
    {
        var region = RegionOf(world.Truth, first.Memory);
        return region.Range.Contains(key.Span) ? region.Id.Value : world.Known.Find(key.Memory)?.Region.Id.Value ?? 0;
    }

    private static Region RegionOf(Region[] regions, ReadOnlyMemory<byte> key) =>
        regions.Single(region => region.Range.Contains(key.Span));

    private static List<ByteString> KeysOf(IRoutedRequest request) => request is IBatchRequest batch
        ? [.. Enumerable.Range(0, batch.Count).Select(batch.KeyAt)] : [];

    private static KeyRange RangeOf(IRoutedRequest request) =>
        request is DeleteRangeRequest deletion ? new KeyRange(deletion.StartKey.Memory, deletion.EndKey.Memory) : default;

    private static ByteString Bytes(byte key) => ByteString.CopyFrom(key);

    /// <summary>Does requests to some pairs, and requires that a part is for keys of its region.</summary>
    private sealed class Store(byte[] filled)
    {
        public SortedDictionary<byte, byte> Pairs { get; } = new(filled.Distinct().ToDictionary(key => key, key => key));

        public IRawReply Execute(IRoutedRequest request, KeyRange? region = null)
        {
            Assert.All(KeysOf(request), key => Assert.True(region?.Contains(key.Span) ?? true));
            switch (request)
            {
                case BatchGetRequest get: return new BatchGetResponse { Values = { get.Keys.Select(ValueOf) } };
                case BatchPutRequest put:
                    foreach (var pair in put.Pairs) Pairs[pair.Key[0]] = pair.Value[0];
                    break;
                case BatchDeleteRequest delete:
                    foreach (var key in delete.Keys) Pairs.Remove(key[0]);
                    break;
                default:
                    var range = RangeOf(request);
                    if (region is { } own) Assert.Equal(range.Intersect(own), range);
                    foreach (var key in Pairs.Keys.Where(key => range.Contains([key])).ToList()) Pairs.Remove(key);
                    break;
            }
            return new WriteResponse();
        }

        private MaybeValue ValueOf(ByteString key) => Pairs.TryGetValue(key[0], out var value)
            ? new MaybeValue { Found = true, Value = Bytes(value) } : new MaybeValue();
    }
}
