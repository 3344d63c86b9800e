using TinyKv.Core;
using TinyKv.Core.Regions;
using TinyKv.Persistence;

namespace TinyKv.Tests.Persistence;

public sealed class DataDirectoryTests : IDisposable
{
    private static readonly StoreIdentity Identity =
        new(ClusterIdentity.IdOf("prod"), "prod", new StoreId(3), JournalSetup.RocksDb);

    private readonly TemporaryDirectory _parent = new();

    private string Store => _parent["a/b/store"];

    public void Dispose() => _parent.Dispose();

    [Fact]
    public void A_new_directory_is_made_and_opens_again()
    {
        using (var first = DataDirectory.Open(Store, Identity))
        {
            Assert.Equal(Store, first.Path);
            Assert.True(Directory.Exists(first.DataPath));
            Assert.True(Directory.Exists(first.JournalPath));
        }

        DataDirectory.Open(Store, Identity).Dispose();
    }

    [Fact]
    public void A_second_opener_is_told_which_process_has_the_directory()
    {
        using var running = DataDirectory.Open(Store, Identity);

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
        DataDirectory.Open(Store, Identity).Dispose();
        var before = Listing();

        var refusal = Refused(other);

        Assert.Contains($"belongs to {found}", refusal, StringComparison.Ordinal);
        Assert.Contains($"this is {wanted}", refusal, StringComparison.Ordinal);
        Assert.Equal(before, Listing());
    }

    [Fact]
    public void A_directory_of_a_newer_version_is_refused()
    {
        DataDirectory.Open(Store, Identity).Dispose();
        var file = Path.Combine(Store, "identity.json");
        var identity = File.ReadAllText(file);
        File.WriteAllText(file, identity.Replace("\"format\": 1", "\"format\": 2", StringComparison.Ordinal));

        Assert.Contains("format 2", Refused(Identity), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_identity_is_refused_with_its_name()
    {
        DataDirectory.Open(Store, Identity).Dispose();
        var file = Path.Combine(Store, "identity.json");
        File.WriteAllText(file, "{ \"format\": 1, ");

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

        var refusal = Assert.Throws<TinyKvException>(() => DataDirectory.Open(_parent["file"], Identity));
        Assert.Contains(_parent["file"], refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("locked", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clusters_number_is_taken_from_its_name_and_never_negative()
    {
        // SHA-256("abc") starts with ba7816bf8f01cfea.
        Assert.Equal(0x3a7816bf8f01cfeaUL, ClusterIdentity.IdOf("abc"));
        Assert.NotEqual(ClusterIdentity.IdOf("a"), ClusterIdentity.IdOf("b"));
    }

    private string Refused(StoreIdentity identity) =>
        Assert.Throws<TinyKvException>(() => DataDirectory.Open(Store, identity)).Message;

    private List<string> Listing() =>
        [.. Directory.EnumerateFileSystemEntries(_parent.Path, "*", SearchOption.AllDirectories)
            .Order().Select(path => $"{path} {File.GetLastWriteTimeUtc(path):O}")];
}
