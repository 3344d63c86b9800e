using System.Collections.Immutable;
using TinyKv.Core;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;
using TinyKv.Persistence;
using TinyKv.Testing;

namespace TinyKv.Tests.Persistence;

public sealed class DataDirectoryTests : IDisposable
{
    private static readonly StoreIdentity Identity =
        new(ClusterIdentity.IdOf("prod"), "prod", new StoreId(3), JournalSetup.RocksDb);

    private static readonly ImmutableArray<StoreId> Three = [new(1), new(2), new(3)];

    private readonly TemporaryDirectory _parent = new();

    private string Store => _parent["a/b/store"];

    public void Dispose() => _parent.Dispose();

    [Fact]
    public void A_new_directory_is_made_and_opens_again()
    {
        using (var first = DataDirectory.Open(Store, Identity, Three))
        {
            Assert.Equal(Store, first.Path);
            Assert.True(Directory.Exists(first.DataPath));
            Assert.True(Directory.Exists(first.JournalPath));
        }

        DataDirectory.Open(Store, Identity, Three).Dispose();
    }

    [Fact]
    public void A_directory_that_has_vanished_is_closed_like_any_other()
    {
        var directory = DataDirectory.Open(Store, Identity, Three);
        Directory.Delete(Store, recursive: true);
        directory.Dispose();
        Assert.Throws<IOException>(() => directory.Save(directory.Record));
    }

    [Fact]
    public void A_second_opener_is_told_which_process_has_the_directory()
    {
        using var running = DataDirectory.Open(Store, Identity, Three);

        var refusal = Refused(Identity);
        Assert.Contains("locked by a running store", refusal, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", refusal, StringComparison.Ordinal);
    }

    public static TheoryData<StoreIdentity, string, string> Others => new()
    {
        { Identity with { ClusterName = "test", ClusterId = 9 }, "cluster 'prod'", "cluster 'test'" },
        { Identity with { Store = new StoreId(4) }, "store 3", "store 4" },
        { Identity with { Journal = JournalSetup.Sqlite }, "journal rocksdb", "journal sqlite" },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Another_identity_is_refused_naming_both_and_nothing_is_written(
        StoreIdentity other, string found, string wanted)
    {
        DataDirectory.Open(Store, Identity, Three).Dispose();
        var before = Listing();

        var refusal = Refused(other);

        Assert.Contains($"belongs to {found}", refusal, StringComparison.Ordinal);
        Assert.Contains($"this is {wanted}", refusal, StringComparison.Ordinal);
        Assert.Equal(before, Listing());
    }

    [Fact]
    public void A_new_directory_has_a_number_of_its_own_and_the_stores_that_it_was_made_for()
    {
        using var first = DataDirectory.Open(Store, Identity, Three);
        using var second = DataDirectory.Open(_parent["other"], Identity, Three);

        Assert.NotEqual(DirectoryId.None, first.Record.Directory);
        Assert.NotEqual(first.Record.Directory, second.Record.Directory);
        Assert.Equal([.. Three], first.Record.Initial.ToArray());
        Assert.False(first.Record.IsFormed);
    }

    [Fact]
    public void What_was_saved_is_there_at_the_next_start()
    {
        StoreRecord saved;
        using (var directory = DataDirectory.Open(Store, Identity, Three))
        {
            directory.Start(Three, replicas: 2);
            saved = directory.Record with
            {
                Earlier = [5, ulong.MaxValue],
                Stores = Three.ToImmutableSortedDictionary(
                    store => store.Value, store => new KnownStore(new DirectoryId(store.Value), 7, long.MaxValue)),
                IsBootstrapped = true,
            };
            directory.Save(saved);
        }

        using var again = DataDirectory.Open(Store, Identity, Three);
        Assert.Equal((1, saved.Incarnation), (again.Record.Starts, again.Record.Incarnation));
        Assert.Equal(saved.Directory, again.Record.Directory);
        Assert.Equal([5, ulong.MaxValue], again.Record.Earlier.ToArray());
        Assert.Equal([.. Three], again.Record.Initial.ToArray());
        Assert.Equal(2, again.Record.Replicas);
        Assert.Equal([.. saved.Stores], again.Record.Stores.ToArray());
        Assert.True(again.Record.IsBootstrapped);

        again.Start(Three, replicas: 3);
        Assert.Equal((2, 2), (again.Record.Starts, again.Record.Replicas));
        Assert.Equal([5, ulong.MaxValue, saved.Incarnation], again.Record.Earlier.ToArray());
    }

    // A supervisor starts it again and again.
    [Fact]
    public void A_directory_that_lost_acknowledged_data_is_refused_with_the_reason_at_every_start()
    {
        using (var directory = DataDirectory.Open(Store, Identity, Three))
            directory.Save(directory.Record with { Lost = "the data cannot be trusted" });
        var before = Listing();

        for (var start = 0; start < 2; start++)
        {
            var refusal = Assert.Throws<StorageFailedException>(() => DataDirectory.Open(Store, Identity, Three));
            Assert.Equal("the data cannot be trusted", refusal.Message);
        }
        Assert.Equal(before, Listing());
    }

    // A thread that still writes must not change what the next process has read.
    [Fact]
    public void A_closed_directory_is_not_written_any_more()
    {
        var directory = DataDirectory.Open(Store, Identity, Three);
        directory.Dispose();
        var before = Listing();

        Assert.Throws<IOException>(() => directory.Save(directory.Record));

        Assert.Equal(before, Listing());
    }

    [Theory]
    [InlineData(6)]
    [InlineData(8)]
    public void A_directory_of_another_version_is_refused(int format)
    {
        DataDirectory.Open(Store, Identity, Three).Dispose();
        File.WriteAllText(Path.Combine(Store, "identity.json"), $$"""{ "format": {{format}}, "clusterId": 1 }""");

        Assert.Contains($"has format {format}, of another version; this version knows format 7", Refused(Identity),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "format": 6, """)]
    [InlineData("""{ "format": 6 }""")]
    [InlineData("null")]
    public void A_damaged_identity_is_refused_with_its_name(string content)
    {
        DataDirectory.Open(Store, Identity, Three).Dispose();
        var file = Path.Combine(Store, "identity.json");
        File.WriteAllText(file, content);

        Assert.Contains(file, Refused(Identity), StringComparison.Ordinal);
    }

    [Fact]
    public void Data_without_an_identity_is_not_taken_over()
    {
        Directory.CreateDirectory(Path.Combine(Store, "data"));
        File.WriteAllText(Path.Combine(Store, "data", "CURRENT"), "");
        var before = Listing();

        Assert.Contains("identity.json", Refused(Identity), StringComparison.Ordinal);
        Assert.Equal(before, Listing());
    }

    [Fact]
    public void A_path_that_is_a_file_is_refused_with_its_name()
    {
        File.WriteAllText(_parent["file"], "");

        var refusal = Assert.Throws<TinyKvException>(() => DataDirectory.Open(_parent["file"], Identity, Three));
        Assert.Contains(_parent["file"], refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("locked", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_that_cannot_be_set_up_is_not_left_locked()
    {
        DataDirectory.Open(Store, Identity, Three).Dispose();
        var data = Path.Combine(Store, "data");
        Directory.Delete(data);
        File.WriteAllText(data, "");

        Assert.Contains(data, Refused(Identity), StringComparison.Ordinal);

        File.Delete(data);
        DataDirectory.Open(Store, Identity, Three).Dispose();
    }

    [Fact]
    public void A_clusters_number_is_taken_from_its_name_and_never_negative()
    {
        // SHA-256("abc") starts with ba7816bf8f01cfea.
        Assert.Equal(0x3a7816bf8f01cfeaUL, ClusterIdentity.IdOf("abc"));
        Assert.NotEqual(ClusterIdentity.IdOf("a"), ClusterIdentity.IdOf("b"));
    }

    private string Refused(StoreIdentity identity) =>
        Assert.ThrowsAny<TinyKvException>(() => DataDirectory.Open(Store, identity, Three)).Message;

    private List<string> Listing() =>
        [.. Directory.EnumerateFileSystemEntries(_parent.Path, "*", SearchOption.AllDirectories)
            .Order().Select(path => $"{path} {File.GetLastWriteTimeUtc(path):O}")];
}
