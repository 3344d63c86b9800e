using TinyKv.Core.Storage;
using TinyKv.Persistence;
using TinyKv.Testing;

namespace TinyKv.Tests.Persistence.Journal;

[Trait("lane", "slow")]
public sealed class RocksJournalTests : JournalSpec
{
    private readonly TemporaryDirectory _directory = new();

    private protected override JournalSetup Create() => Create(_directory.Path);

    private protected override long BytesOnDisk() => JournalFiles.Bytes(_directory.Path);

    private protected override int LargeEventBytes => 1 << 19;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task An_acknowledged_event_survives_a_kill()
    {
        await Journal.WriteAsync("a", 1, "one");

        using var copy = JournalFiles.Copy(_directory.Path);
        await using var survivor = new JournalSystem(Create(copy.Path));
        Assert.Equal(["one"], (await survivor.ReplayAsync("a")).Payloads);
    }

    [Fact]
    public async Task An_event_that_was_cut_off_while_it_was_written_is_not_there_and_those_before_it_are()
    {
        await Journal.WriteAsync("a", 1, "one");
        await Journal.WriteAsync("a", 2, "two");

        using var copy = JournalFiles.Copy(_directory.Path);
        using (var log = File.OpenWrite(JournalFiles.Log(copy.Path))) log.SetLength(log.Length - 3);
        await using var survivor = new JournalSystem(Create(copy.Path));
        var replayed = await survivor.ReplayAsync("a");
        Assert.Equal(["one"], replayed.Payloads);
        Assert.Equal(1, replayed.Highest);
    }

    [Fact]
    public async Task A_log_that_is_damaged_before_its_end_stops_the_store_instead_of_forgetting()
    {
        for (var i = 1; i <= 20; i++) await Journal.WriteAsync("a", i, new string('x', 100));

        using var copy = JournalFiles.Copy(_directory.Path);
        using (var log = File.Open(JournalFiles.Log(copy.Path), FileMode.Open))
        {
            log.Position = log.Length / 2;
            var flipped = (byte)(log.ReadByte() ^ 1);
            log.Position--;
            log.WriteByte(flipped);
        }
        await using var damaged = new JournalSystem(Create(copy.Path));
        var failure = await damaged.Failures.ExpectMsgAsync<JournalFailed>(TimeSpan.FromSeconds(20));
        Assert.IsType<StorageFailedException>(failure.Cause);
        Assert.Contains(copy.Path, failure.Cause.Message, StringComparison.Ordinal);
    }

    private static JournalSetup Create(string path) =>
        JournalSetup.Create(JournalSetup.RocksDb, path, Akka.Configuration.Config.Empty);
}

/// <summary>A journal's files as a killed process leaves them.</summary>
internal static class JournalFiles
{
    public static TemporaryDirectory Copy(string dataDirectory)
    {
        var copy = new TemporaryDirectory();
        Directory.CreateDirectory(copy["journal"]);
        foreach (var file in Directory.GetFiles(Path.Combine(dataDirectory, "journal")))
            File.Copy(file, Path.Combine(copy["journal"], Path.GetFileName(file)));
        return copy;
    }

    /// <summary>What they take.</summary>
    public static long Bytes(string dataDirectory) =>
        new DirectoryInfo(Path.Combine(dataDirectory, "journal")).GetFiles().Sum(file => file.Length);

    /// <summary>RocksDB's write-ahead log that is written now.</summary>
    public static string Log(string dataDirectory) =>
        Directory.GetFiles(Path.Combine(dataDirectory, "journal"), "*.log").Max()!;
}
