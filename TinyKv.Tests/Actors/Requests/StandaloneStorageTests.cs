using System.Text;
using TinyKv.Actors.Requests;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Tests.Actors.Apply;

namespace TinyKv.Tests.Actors.Requests;

public sealed class StandaloneStorageTests : IDisposable
{
    private static readonly StoreId Store = new(7);
    private static readonly RequestContext Right =
        new(RegionId.First, RegionEpoch.Initial, new Peer(new PeerId(3), Store), 0);

    private readonly FaultyEngine _engine = new(new MemoryEngine());
    private readonly StandaloneStorage _storage;

    public StandaloneStorageTests() => _storage = new StandaloneStorage(_engine, Store);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task A_reader_sees_every_write_acknowledged_before_it_and_none_after()
    {
        Assert.Null(await _storage.WriteAsync(Right, [Put("a", "1"), Put("b", "1")], default));
        var (reader, refusal) = await _storage.ReaderAsync(Right, default);
        Assert.Null(await _storage.WriteAsync(Right, [Put("a", "2"), Delete("b")], default));

        using (reader)
        {
            Assert.Null(refusal);
            Assert.Equal("1"u8.ToArray(), reader!.GetCF(ColumnFamily.Default, "a"u8));
            Assert.Equal("1"u8.ToArray(), reader.GetCF(ColumnFamily.Default, "b"u8));
        }
        using var later = (await _storage.ReaderAsync(Right, default)).Reader!;
        Assert.Equal("2"u8.ToArray(), later.GetCF(ColumnFamily.Default, "a"u8));
        Assert.Null(later.GetCF(ColumnFamily.Default, "b"u8));
    }

    [Fact]
    public async Task Nothing_is_acknowledged_that_the_engine_could_not_write()
    {
        _engine.Fails = true;

        await Assert.ThrowsAsync<IOException>(() => _storage.WriteAsync(Right, [Put("a", "1")], default));
        await Assert.ThrowsAsync<IOException>(() => _storage.WriteIfAsync(
            Right, new Condition(ColumnFamily.Default, "a"u8.ToArray(), null), [Put("a", "1")], default));
    }

    [Fact]
    public async Task A_reader_walks_over_a_range()
    {
        await _storage.WriteAsync(Right, [Put("a", "1"), Put("b", "2"), Put("c", "3")], default);
        using var reader = (await _storage.ReaderAsync(Right, default)).Reader!;
        using var pairs = reader.IterCF(ColumnFamily.Default, new KeyRange("b"u8.ToArray(), default));

        Assert.True(pairs.MoveNext());
        Assert.Equal("b"u8, pairs.Key);
        Assert.True(pairs.MoveNext());
        Assert.Equal("3"u8, pairs.Value);
        Assert.False(pairs.MoveNext());
    }

    [Fact]
    public async Task Conditional_writes_lose_no_update_to_each_other()
    {
        var key = Encoding.UTF8.GetBytes("n");
        await _storage.WriteAsync(Right, [Put("n", "0")], default);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => IncrementAsync()));

        using var reader = (await _storage.ReaderAsync(Right, default)).Reader!;
        Assert.Equal("8", Encoding.UTF8.GetString(reader.GetCF(ColumnFamily.Default, key)!));

        async Task IncrementAsync()
        {
            var seen = "0"u8.ToArray();
            while (true)
            {
                var next = $"{int.Parse(Encoding.UTF8.GetString(seen), System.Globalization.CultureInfo.InvariantCulture) + 1}";
                var (outcome, _) = await _storage.WriteIfAsync(
                    Right, new Condition(ColumnFamily.Default, key, seen), [Put("n", next)], default);
                if (outcome!.Succeeded) return;
                seen = outcome.Previous!;
            }
        }
    }

    [Fact]
    public async Task Requests_for_another_store_region_replica_or_epoch_are_refused()
    {
        var elsewhere = Right with { Peer = new Peer(new PeerId(3), new StoreId(8)) };
        await Refused<RegionError.StoreNotMatch>(elsewhere);
        await Refused<RegionError.StoreNotMatch>(Right with { Peer = null });
        await Refused<RegionError.RegionNotFound>(Right with { Region = new RegionId(2) });
        await Refused<RegionError.RegionNotFound>(Right with { Peer = new Peer(new PeerId(2), Store) });
        await Refused<RegionError.EpochNotMatch>(Right with { Epoch = new RegionEpoch(1, 2) });
        await Refused<RegionError.EpochNotMatch>(Right with { Epoch = null });
    }

    private async Task Refused<TError>(RequestContext context) where TError : RegionError
    {
        Assert.IsType<TError>(await _storage.WriteAsync(context, [Put("refused", "1")], default));
        var (reader, refusal) = await _storage.ReaderAsync(context, default);
        Assert.Null(reader);
        Assert.IsType<TError>(refusal);
        using var snapshot = _engine.Snapshot();
        Assert.Null(snapshot.Get(ColumnFamily.Default, "refused"u8));
    }

    private static Modify.Put Put(string key, string value) => new(
        ColumnFamily.Default, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));

    private static Modify.Delete Delete(string key) =>
        new(ColumnFamily.Default, Encoding.UTF8.GetBytes(key));
}
