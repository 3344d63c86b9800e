using System.Text;
using CsCheck;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Tests.Persistence.Engine;

/// <summary>What every engine promises.</summary>
public abstract class EngineSpec : IDisposable
{
    private protected abstract IEngine Engine { get; }

    /// <summary>Begins a table of the engine's kind.</summary>
    private protected abstract ITableWriter NewTable(ColumnFamily family);

    public virtual void Dispose() => Engine.Dispose();

    [Fact]
    public void A_key_that_was_never_written_has_no_value()
    {
        using var snapshot = Engine.Snapshot();

        Assert.Null(snapshot.Get(ColumnFamily.Default, "a"u8));
    }

    [Fact]
    public void A_value_is_read_back_and_a_later_one_replaces_it()
    {
        Put("a", "1");
        Put("a", "2");

        Assert.Equal("2", Get("a"));
    }

    [Fact]
    public void An_empty_value_is_a_value()
    {
        Put("a", "");

        Assert.Equal("", Get("a"));
    }

    [Fact]
    public void A_deleted_key_has_no_value_and_deleting_an_absent_one_is_no_error()
    {
        Put("a", "1");
        Write(batch =>
        {
            batch.Delete(ColumnFamily.Default, "a"u8);
            batch.Delete(ColumnFamily.Default, "absent"u8);
        });

        Assert.Null(Get("a"));
    }

    [Fact]
    public void Within_a_batch_the_later_write_wins()
    {
        Write(batch =>
        {
            batch.Put(ColumnFamily.Default, "a"u8, "1"u8);
            batch.Delete(ColumnFamily.Default, "a"u8);
            batch.Delete(ColumnFamily.Default, "b"u8);
            batch.Put(ColumnFamily.Default, "b"u8, "2"u8);
            Assert.Equal(4, batch.Count);
        });

        Assert.Null(Get("a"));
        Assert.Equal("2", Get("b"));
    }

    [Fact]
    public void Column_families_are_separate_name_spaces()
    {
        foreach (var family in Enum.GetValues<ColumnFamily>())
            Write(batch => batch.Put(family, "a"u8, Encoding.UTF8.GetBytes(family.Name())));

        using var snapshot = Engine.Snapshot();
        foreach (var family in Enum.GetValues<ColumnFamily>())
            Assert.Equal(family.Name(), Encoding.UTF8.GetString(snapshot.Get(family, "a"u8)!));
    }

    [Fact]
    public void A_snapshot_and_its_iterators_do_not_see_later_writes()
    {
        Put("a", "1");
        using var snapshot = Engine.Snapshot();
        using var before = snapshot.Iterate(ColumnFamily.Default, KeyRange.All);
        Put("a", "2");
        Put("b", "2");
        using var after = snapshot.Iterate(ColumnFamily.Default, KeyRange.All);

        Assert.Equal("1", Encoding.UTF8.GetString(snapshot.Get(ColumnFamily.Default, "a"u8)!));
        Assert.Equal(["a=1"], Rest(before));
        Assert.Equal(["a=1"], Rest(after));
    }

    [Fact]
    public void An_iterator_outlives_its_snapshot_and_its_engine()
    {
        Put("a", "1");
        Put("b", "2");
        var snapshot = Engine.Snapshot();
        using var iterator = snapshot.Iterate(ColumnFamily.Default, KeyRange.All);
        snapshot.Dispose();
        Put("b", "3");
        Engine.Dispose();

        Assert.Equal(["a=1", "b=2"], Rest(iterator));
    }

    [Fact]
    public void A_batch_that_is_filled_while_the_engine_ends_is_refused_when_it_is_written()
    {
        using var batch = Engine.NewBatch();
        Engine.Dispose();

        batch.Put(ColumnFamily.Default, "a"u8, "1"u8);
        batch.Delete(ColumnFamily.Default, "b"u8);
        batch.DeleteRange(ColumnFamily.Default, KeyRange.All);

        Assert.Throws<ObjectDisposedException>(() => Engine.Write(batch, sync: false));
    }

    [Fact]
    public void After_its_end_the_engine_refuses_every_use()
    {
        using var snapshot = Engine.Snapshot();
        using var batch = Engine.NewBatch();
        Engine.Dispose();
        snapshot.Dispose();

        Assert.Throws<ObjectDisposedException>(() => Engine.Snapshot());
        Assert.Throws<ObjectDisposedException>(() => Engine.NewBatch());
        Assert.Throws<ObjectDisposedException>(() => Engine.Write(batch, sync: false));
        Assert.Throws<ObjectDisposedException>(Engine.Sync);
        Assert.Throws<ObjectDisposedException>(() => snapshot.Get(ColumnFamily.Default, "a"u8));
        Assert.Throws<ObjectDisposedException>(() => snapshot.Iterate(ColumnFamily.Default, KeyRange.All));
    }

    [Fact]
    public void An_iterator_walks_its_range_in_byte_order()
    {
        Write(batch =>
        {
            foreach (byte[] key in new byte[][] { [0xFF], [0x61], [0x61, 0x00], [0x7F], [0x80], [0x60], [] })
                batch.Put(ColumnFamily.Default, key, "v"u8);
        });
        using var snapshot = Engine.Snapshot();
        using var iterator = snapshot.Iterate(ColumnFamily.Default, Range([0x61], [0xFF]));

        var keys = new List<string>();
        while (iterator.MoveNext()) keys.Add(Convert.ToHexString(iterator.Key));

        Assert.Equal(["61", "6100", "7F", "80"], keys);
    }

    [Theory]
    [InlineData("b", "b")]
    [InlineData("c", "b")]
    [InlineData("x", "y")]
    public void An_iterator_over_a_range_without_keys_ends_at_once(string start, string end)
    {
        Write("a", "b", "c");
        using var snapshot = Engine.Snapshot();
        using var iterator = snapshot.Iterate(ColumnFamily.Default, Range(start, end));

        Assert.False(iterator.MoveNext());
        Assert.False(iterator.MoveNext());
    }

    [Fact]
    public void Seek_finds_the_first_pair_at_or_after_the_key_within_the_range()
    {
        Write("a", "c", "e", "g");
        using var snapshot = Engine.Snapshot();
        using var iterator = snapshot.Iterate(ColumnFamily.Default, Range("b", "g"));

        Assert.True(iterator.Seek("d"u8));
        Assert.Equal("e=e", Pair(iterator));
        Assert.True(iterator.Seek("a"u8));
        Assert.Equal("c=c", Pair(iterator));
        Assert.True(iterator.MoveNext());
        Assert.Equal("e=e", Pair(iterator));
        Assert.False(iterator.Seek("f"u8));
        Assert.False(iterator.MoveNext());
        Assert.True(iterator.Seek(""u8));
    }

    [Fact]
    public void A_reverse_walk_goes_over_its_range_downwards()
    {
        Write(batch =>
        {
            foreach (byte[] key in new byte[][] { [0xFF], [0x61], [0x61, 0x00], [0x7F], [0x80], [0x60], [] })
                batch.Put(ColumnFamily.Default, key, "v"u8);
        });
        using var snapshot = Engine.Snapshot();
        using var some = snapshot.IterateReverse(ColumnFamily.Default, Range([0x61], [0xFF]));
        using var all = snapshot.IterateReverse(ColumnFamily.Default, KeyRange.All);

        Assert.Equal(["80", "7F", "6100", "61"], HexKeys(some));
        Assert.Equal(["FF", "80", "7F", "6100", "61", "60", ""], HexKeys(all));
        Assert.False(all.MoveNext());
    }

    [Fact]
    public void In_a_reverse_walk_seek_finds_the_last_pair_at_or_before_the_key_within_the_range()
    {
        Write("a", "c", "e", "g");
        using var snapshot = Engine.Snapshot();
        using var iterator = snapshot.IterateReverse(ColumnFamily.Default, Range("b", "g"));

        Assert.True(iterator.Seek("d"u8));
        Assert.Equal("c=c", Pair(iterator));
        Assert.False(iterator.MoveNext());
        Assert.True(iterator.Seek("e"u8));
        Assert.Equal("e=e", Pair(iterator));
        Assert.True(iterator.Seek("z"u8));
        Assert.Equal("e=e", Pair(iterator));
        Assert.False(iterator.Seek("a"u8));
        Assert.False(iterator.MoveNext());
    }

    [Fact]
    public void A_deleted_range_takes_its_start_and_leaves_its_end_and_other_families()
    {
        Write("a", "b", "ba", "c", "d");
        Write(batch => batch.Put(ColumnFamily.Lock, "b"u8, "b"u8));

        Write(batch => batch.DeleteRange(ColumnFamily.Default, Range("b", "d")));

        using var snapshot = Engine.Snapshot();
        using var left = snapshot.Iterate(ColumnFamily.Default, KeyRange.All);
        Assert.Equal(["a=a", "d=d"], Rest(left));
        Assert.NotNull(snapshot.Get(ColumnFamily.Lock, "b"u8));
    }

    [Fact]
    public void A_range_without_an_end_is_deleted_up_to_the_longest_and_last_key()
    {
        Put("a", "1");
        Write(batch =>
        {
            batch.Put(ColumnFamily.Default, Enumerable.Repeat((byte)0xFF, Limits.MaxKeyBytes).ToArray(), "v"u8);
            batch.DeleteRange(ColumnFamily.Default, Range("b"u8.ToArray(), []));
        });

        using var snapshot = Engine.Snapshot();
        using var left = snapshot.Iterate(ColumnFamily.Default, KeyRange.All);
        Assert.Equal(["a=1"], Rest(left));
    }

    [Fact]
    public void Within_a_batch_a_range_deletes_what_was_put_before_it_and_not_what_comes_after() => Assert.Equal(
        ["a=2"], AfterBatch(batch =>
        {
            batch.Put(ColumnFamily.Default, "a"u8, "1"u8);
            batch.Put(ColumnFamily.Default, "b"u8, "1"u8);
            batch.DeleteRange(ColumnFamily.Default, Range("a", "c"));
            batch.Put(ColumnFamily.Default, "a"u8, "2"u8);
        }));

    [Fact]
    public void A_range_that_ends_before_it_starts_deletes_nothing() => Assert.Equal(
        ["a=1"], AfterBatch(batch =>
        {
            batch.Put(ColumnFamily.Default, "a"u8, "1"u8);
            batch.DeleteRange(ColumnFamily.Default, Range("c", "a"));
            batch.DeleteRange(ColumnFamily.Default, Range("a", "a"));
        }));

    [Fact]
    public void Tables_take_the_place_of_what_a_range_held_and_of_nothing_else()
    {
        Write("a", "b", "c", "d");
        Write(batch => batch.Put(ColumnFamily.Lock, "b"u8, "b"u8));

        Engine.Ingest(ColumnFamily.Default, [Range("b", "d")], [Table("bb", "bc"), Table("ca")]);

        Assert.Equal(["a=a", "bb=bb", "bc=bc", "ca=ca", "d=d"], All());
        using var snapshot = Engine.Snapshot();
        Assert.NotNull(snapshot.Get(ColumnFamily.Lock, "b"u8));
    }

    [Fact]
    public void Tables_take_the_place_of_what_several_ranges_held()
    {
        Write("a", "b", "c", "d", "e");

        Engine.Ingest(ColumnFamily.Default, [Range("b", "c"), Range("d", "e")], [Table("bb", "da")]);

        Assert.Equal(["a=a", "bb=bb", "c=c", "da=da", "e=e"], All());
    }

    [Fact]
    public void Tables_may_be_taken_in_again()
    {
        Write("a", "b", "c", "d");
        IStagedTable[] tables = [Table("bb", "bc"), Table("ca")];
        Engine.Ingest(ColumnFamily.Default, [Range("b", "d")], tables);
        Put("bz", "of an interrupted attempt");

        Engine.Ingest(ColumnFamily.Default, [Range("b", "d")], tables);

        Assert.Equal(["a=a", "bb=bb", "bc=bc", "ca=ca", "d=d"], All());
    }

    [Fact]
    public void What_is_written_after_tables_were_taken_in_wins_over_them()
    {
        Engine.Ingest(ColumnFamily.Default, [KeyRange.All], [Table("a", "b")]);
        Put("a", "later");
        Write(batch => batch.Delete(ColumnFamily.Default, "b"u8));

        Assert.Equal(["a=later"], All());
    }

    [Fact]
    public void Without_tables_a_range_is_emptied()
    {
        Write("a", "b", "c");

        Engine.Ingest(ColumnFamily.Default, [Range("b", "c")], []);

        Assert.Equal(["a=a", "c=c"], All());
    }

    [Fact]
    public void A_snapshot_does_not_see_tables_that_are_taken_in_later()
    {
        Write("a", "b");
        using var before = Engine.Snapshot();

        Engine.Ingest(ColumnFamily.Default, [KeyRange.All], [Table("c")]);

        using var walk = before.Iterate(ColumnFamily.Default, KeyRange.All);
        Assert.Equal(["a=a", "b=b"], Rest(walk));
        Assert.Equal(["c=c"], All());
    }

    [Fact]
    public void Away_from_a_pair_there_is_no_key_and_no_value()
    {
        Write("a");
        using var snapshot = Engine.Snapshot();
        using var iterator = snapshot.Iterate(ColumnFamily.Default, KeyRange.All);

        Assert.Throws<InvalidOperationException>(() => iterator.Key.Length);
        while (iterator.MoveNext()) { }
        Assert.Throws<InvalidOperationException>(() => iterator.Value.Length);
        iterator.Dispose();
        Assert.Throws<ObjectDisposedException>(() => iterator.MoveNext());
    }

    [Fact]
    public void It_behaves_as_a_sorted_map_does()
    {
        string[] names = ["a", "aa", "ab", "b", "ba", "c"];
        var keys = Gen.Int[0, names.Length - 1].Select(i => names[i]);
        var writes = Gen.Select(keys, Gen.Bool, Gen.Int[0, 9]).List[0, 40];
        Gen.Select(writes, keys, keys).Sample((batch, start, end) =>
        {
            Clear();
            var model = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var (key, isPut, value) in batch)
            {
                if (isPut) model[key] = $"{value}";
                else model.Remove(key);
                Write(b =>
                {
                    if (isPut) b.Put(ColumnFamily.Default, Bytes(key), Bytes($"{value}"));
                    else b.Delete(ColumnFamily.Default, Bytes(key));
                });
            }
            var expected = model.Where(pair => string.CompareOrdinal(pair.Key, start) >= 0
                && string.CompareOrdinal(pair.Key, end) < 0).Select(pair => $"{pair.Key}={pair.Value}").ToList();
            using var snapshot = Engine.Snapshot();
            using var iterator = snapshot.Iterate(ColumnFamily.Default, Range(start, end));
            using var reverse = snapshot.IterateReverse(ColumnFamily.Default, Range(start, end));
            return expected.SequenceEqual(Rest(iterator)) && Enumerable.Reverse(expected).SequenceEqual(Rest(reverse));
        }, iter: 200, threads: 1);
    }

    protected void Put(string key, string value) =>
        Write(batch => batch.Put(ColumnFamily.Default, Bytes(key), Bytes(value)));

    protected string? Get(string key)
    {
        using var snapshot = Engine.Snapshot();
        var value = snapshot.Get(ColumnFamily.Default, Bytes(key));
        return value is null ? null : Encoding.UTF8.GetString(value);
    }

    private void Write(params string[] keys) => Write(batch =>
    {
        foreach (var key in keys) batch.Put(ColumnFamily.Default, Bytes(key), Bytes(key));
    });

    private void Write(Action<IWriteBatch> fill)
    {
        using var batch = Engine.NewBatch();
        fill(batch);
        Engine.Write(batch, sync: false);
    }

    private protected IStagedTable Table(params string[] keys)
    {
        using var table = NewTable(ColumnFamily.Default);
        foreach (var key in keys) table.Add(Bytes(key), Bytes(key));
        return table.Finish();
    }

    private List<string> AfterBatch(Action<IWriteBatch> fill)
    {
        Write(fill);
        return All();
    }

    private List<string> All()
    {
        using var snapshot = Engine.Snapshot();
        using var iterator = snapshot.Iterate(ColumnFamily.Default, KeyRange.All);
        return Rest(iterator);
    }

    private static List<string> HexKeys(IEngineIterator iterator)
    {
        var keys = new List<string>();
        while (iterator.MoveNext()) keys.Add(Convert.ToHexString(iterator.Key));
        return keys;
    }

    private void Clear() => Write(batch =>
    {
        using var snapshot = Engine.Snapshot();
        using var iterator = snapshot.Iterate(ColumnFamily.Default, KeyRange.All);
        while (iterator.MoveNext()) batch.Delete(ColumnFamily.Default, iterator.Key);
    });

    private static KeyRange Range(string start, string end) => Range(Bytes(start), Bytes(end));

    private static KeyRange Range(byte[] start, byte[] end) => new(start, end);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static List<string> Rest(IEngineIterator iterator)
    {
        var pairs = new List<string>();
        while (iterator.MoveNext()) pairs.Add(Pair(iterator));
        return pairs;
    }

    private static string Pair(IEngineIterator iterator) =>
        $"{Encoding.UTF8.GetString(iterator.Key)}={Encoding.UTF8.GetString(iterator.Value)}";
}

public sealed class MemoryEngineTests : EngineSpec
{
    private protected override IEngine Engine { get; } = new MemoryEngine();

    private protected override ITableWriter NewTable(ColumnFamily family) => new MemoryTableWriter(family);
}
