using System.Buffers.Binary;
using CsCheck;
using Google.Protobuf;
using TinyKv.Actors.Requests;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Kv;
using TinyKv.Protocol.Wire.Raw.V1;
using ScanRequest = TinyKv.Protocol.Wire.Raw.V1.ScanRequest;
using ScanResponse = TinyKv.Protocol.Wire.Raw.V1.ScanResponse;

namespace TinyKv.Tests.Actors.Requests;

public sealed class ReplySizeTests
{
    // What every gRPC client takes unless it is told otherwise.
    private const int DefaultOfClients = 4 * 1024 * 1024;

    // Mostly framing; as in real life; a few to a page; larger than a page.
    private static readonly Gen<(int Key, int Value)[]> Pairs = Gen.OneOf(
        Lengths(4, 12, 0, 40, Limits.MaxScanLimit), Lengths(4, 60, 300, 3_000, 6_000),
        Lengths(4, Limits.MaxKeyBytes, 100_000, 2_000_000, 40), Lengths(4, 12, 0, Limits.MaxValueBytes, 3));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_page_fits_into_what_clients_take_unless_it_is_one_pair_and_is_as_full_as_it_can_be(bool reverse) =>
        Pairs.Sample(pairs =>
        {
            var request = new ScanRequest { Limit = Limits.MaxScanLimit, Reverse = reverse };
            var page = (ScanResponse)ScanPage.Read(request, ColumnFamily.Default, new Reader(pairs), default);

            var bytes = page.CalculateSize();
            Assert.True(bytes <= DefaultOfClients || page.Pairs.Count == 1, $"{page.Pairs.Count} pairs, {bytes} bytes");
            if (page.Pairs.Count == Math.Min(pairs.Length, Limits.MaxScanLimit)) return;
            var (key, value) = pairs[page.Pairs.Count];
            page.Pairs.Add(new Pair { Key = ByteString.CopyFrom(new byte[key]), Value = ByteString.CopyFrom(new byte[value]) });
            Assert.True(page.CalculateSize() > DefaultOfClients - Limits.MaxKeyBytes - 8, $"{bytes} bytes");
        }, iter: 60, threads: 1);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 127)]
    [InlineData(127, 128)]
    [InlineData(128, 16_383)]
    [InlineData(Limits.MaxKeyBytes, Limits.MaxValueBytes)]
    public void A_part_is_counted_as_it_is_written(int keyBytes, int valueBytes)
    {
        var (key, value) = (ByteString.CopyFrom(new byte[keyBytes]), ByteString.CopyFrom(new byte[valueBytes]));
        var pair = ReplySize.OfPair(keyBytes, valueBytes);
        Assert.Equal(new ScanResponse { Pairs = { new Pair { Key = key, Value = value } } }.CalculateSize(), pair);
        Assert.Equal(new RawScanResponse { Kvs = { new KvPair { Key = key, Value = value } } }.CalculateSize(), pair);
        var found = new BatchGetResponse { Values = { new MaybeValue { Found = true, Value = value } } };
        Assert.Equal(found.CalculateSize(), ReplySize.OfMaybeValue(valueBytes));
        var absent = new BatchGetResponse { Values = { new MaybeValue() } };
        Assert.Equal(absent.CalculateSize(), ReplySize.OfMaybeValue(null));
    }

    private static Gen<(int, int)[]> Lengths(int minKey, int maxKey, int minValue, int maxValue, int maxPairs) =>
        Gen.Select(Gen.Int[minKey, maxKey], Gen.Int[minValue, maxValue]).Array[1, maxPairs];

    /// <summary>A replica with pairs of given lengths, whichever way it is walked.</summary>
    private sealed class Reader((int Key, int Value)[] pairs) : IStorageReader
    {
        public Region Region { get; } = new(RegionId.First, KeyRange.All, RegionEpoch.Initial, []);

        public byte[]? GetCF(ColumnFamily family, ReadOnlySpan<byte> key) => null;

        public IEngineIterator IterCF(ColumnFamily family, KeyRange range) => new Iterator(pairs);

        public IEngineIterator ReverseIterCF(ColumnFamily family, KeyRange range) => new Iterator(pairs);

        public void Dispose() { }
    }

    private sealed class Iterator((int Key, int Value)[] pairs) : IEngineIterator
    {
        private static readonly byte[] Zeros = new byte[Limits.MaxValueBytes];

        private readonly byte[] _key = new byte[Limits.MaxKeyBytes];
        private int _at = -1;

        public bool MoveNext() => ++_at < pairs.Length;

        public bool Seek(ReadOnlySpan<byte> key) => throw new InvalidOperationException("a page is read in order");

        public ReadOnlySpan<byte> Key
        {
            get
            {
                BinaryPrimitives.WriteInt32BigEndian(_key, _at);
                return _key.AsSpan(0, pairs[_at].Key);
            }
        }

        public ReadOnlySpan<byte> Value => Zeros.AsSpan(0, pairs[_at].Value);

        public void Dispose() { }
    }
}
