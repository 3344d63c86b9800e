using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Snapshots;
using TinyKv.Testing;

namespace TinyKv.Tests.Persistence.Snapshots;

public sealed class MemoryInstallationTests : InstallationSpec
{
    private protected override (IEngine Engine, ISnapshotStaging Staging) Create() => (new MemoryEngine(), new MemoryStaging());

    private protected override (IEngine Engine, ISnapshotStaging Staging) Reopen(IEngine engine, ISnapshotStaging staging) =>
        (engine, staging);

    [Fact]
    public void A_loss_of_power_between_any_two_steps_leaves_the_old_state_or_the_next_start_ends_in_the_new_one()
    {
        var outcomes = new HashSet<bool>();
        var isDone = false;
        for (var steps = 0; !isDone; steps++)
        {
            var engine = new PowerEngine(new MemoryEngine());
            PutOld(engine);
            var staging = new MemoryStaging();
            var staged = Stage(staging);
            isDone = IsDone(() =>
            {
                var installer = new SnapshotInstaller(new CutEngine(engine, steps), staging);
                installer.Install(staged, Recorded(engine));
            });
            foreach (var left in engine.Left)
            {
                RequireNoHalf(left);
                Stage(staging);
                new SnapshotInstaller(left, staging).Resume();
                var isOld = Recorded(left).Region.Epoch.ConfVer == 1;
                if (isOld) RequireOld(left);
                else RequireNew(left, journalBorn: true);
                Assert.False(isDone && isOld);
                outcomes.Add(isOld);
            }
        }
        Assert.Equal(2, outcomes.Count);
    }
}

public sealed class RocksInstallationTests : InstallationSpec, IDisposable
{
    private readonly List<TemporaryDirectory> _directories = [];
    private readonly List<RocksEngine> _killed = [];

    private TemporaryDirectory Disk => _directories[^1];

    public void Dispose()
    {
        _killed.ForEach(engine => engine.Close());
        _directories.ForEach(directory => directory.Dispose());
    }

    private protected override (IEngine Engine, ISnapshotStaging Staging) Create()
    {
        _directories.Add(new TemporaryDirectory());
        return Open();
    }

    private protected override (IEngine Engine, ISnapshotStaging Staging) Reopen(IEngine engine, ISnapshotStaging staging)
    {
        // The files as they are, with nothing closed.
        _killed.Add((RocksEngine)engine);
        var before = Disk.Path;
        do _directories.Add(new TemporaryDirectory());
        while (!IsCopied(before, Disk));
        return Open();
    }

    // The engine still deletes what it has compacted: a copy in the midst of that is of no one moment.
    private static bool IsCopied(string from, TemporaryDirectory to)
    {
        var files = FilesIn(from);
        foreach (var file in files.Where(file => Path.GetFileName(file) != "LOCK"))
        {
            var copy = to[Path.GetRelativePath(from, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            try
            {
                File.Copy(file, copy);
            }
            catch (FileNotFoundException)
            {
                return false;
            }
        }
        return files.SetEquals(FilesIn(from));
    }

    private static HashSet<string> FilesIn(string directory) =>
        [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)];

    private (IEngine Engine, ISnapshotStaging Staging) Open() =>
        (RocksEngine.Open(Disk["data"]), new SnapshotDirectory(Disk["snapshots"]));
}
