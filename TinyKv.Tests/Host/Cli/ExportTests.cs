using System.Text;
using TinyKv.Client;
using TinyKv.Host.Cli.Raw;
using TinyKv.Persistence;
using TinyKv.Testing;
using TinyKv.Testing.Processes;

namespace TinyKv.Tests.Host.Cli;

public sealed class ExportTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("pairs.tsv")]
    [InlineData("pairs.jsonl")]
    public async Task What_was_exported_imports_to_the_same_pairs(string name)
    {
        var (from, to) = (new FakeCluster(), new FakeCluster());
        for (var i = 0; i < 3000; i++)
            await from.PutAsync(Encoding.UTF8.GetBytes($"k{i:d5}"), new byte[] { (byte)i, 9, 10, 0xff, (byte)'\\' });
        var path = _directory[name];

        var export = await CliRun.Of(from, "raw", "export", path);
        var import = await CliRun.Of(to, "raw", "import", path);

        Assert.True(export.ExitCode == 0, export.Error);
        Assert.True(import.ExitCode == 0, import.Error);
        Assert.Equal(await Pairs(from), await Pairs(to));
        Assert.Equal([name], new DirectoryInfo(_directory.Path).GetFiles().Select(file => file.Name));
    }

    [Fact]
    public async Task A_range_goes_to_standard_output()
    {
        var cluster = new FakeCluster();
        foreach (var key in new[] { "a", "b", "c" }) await CliRun.Of(cluster, "raw", "put", key, key);

        var run = await CliRun.Of(cluster, "raw", "export", "--start", "b");

        Assert.Equal("b\tb\nc\tc\n", run.Text);
    }

    [Fact]
    public async Task A_failed_export_leaves_the_file_as_it_was()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        var path = _directory["pairs.tsv"];
        File.WriteAllText(path, "before");
        var cluster = new FakeCluster();
        await CliRun.Of(cluster, "raw", "put", "k", "v");

        var run = await CliRun.With(cluster, "", cancel.Token, "raw", "export", path);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("before", File.ReadAllText(path));
        Assert.Single(new DirectoryInfo(_directory.Path).GetFiles());
    }

    [Fact]
    public async Task A_device_is_written_to_and_not_replaced()
    {
        var cluster = new FakeCluster();
        await CliRun.Of(cluster, "raw", "put", "k", "v");
        // A link, so that a mistake replaces the link and not the machine's device.
        var link = In("full.tsv");
        File.CreateSymbolicLink(link, "/dev/full");

        var run = await CliRun.Of(cluster, "raw", "export", link);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("No space left on device", run.Error);
        Assert.Equal("/dev/full", new FileInfo(link).LinkTarget);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_link_stays_and_the_file_it_leads_to_is_written(bool exists)
    {
        var cluster = new FakeCluster();
        await CliRun.Of(cluster, "raw", "put", "k", "v");
        if (exists) File.WriteAllText(In("pairs.tsv"), "before");
        File.CreateSymbolicLink(In("second"), "pairs.tsv");
        File.CreateSymbolicLink(In("first.tsv"), "second");

        var run = await CliRun.Of(cluster, "raw", "export", In("first.tsv"));

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal("second", new FileInfo(In("first.tsv")).LinkTarget);
        Assert.Null(new FileInfo(In("pairs.tsv")).LinkTarget);
        Assert.Equal("k\tv\n", File.ReadAllText(In("pairs.tsv")));
    }

    [Fact]
    public async Task A_file_that_is_there_keeps_its_mode_and_its_owner()
    {
        if (OperatingSystem.IsWindows()) return;
        var (cluster, path) = (new FakeCluster(), In("pairs.tsv"));
        await CliRun.Of(cluster, "put", "k", "v");
        File.WriteAllText(path, "before");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        // Only the superuser can give it away; whoever runs the test, it stays as it is then.
        await Command.TryAsync("chown", "12345:23456", path);
        var before = await Command.RunAsync("stat", "-c", "%a %u %g", path);

        var run = await CliRun.Of(cluster, "raw", "export", path);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal("k\tv\n", File.ReadAllText(path));
        Assert.Equal(before, await Command.RunAsync("stat", "-c", "%a %u %g", path));
    }

    [Fact]
    public async Task A_new_file_has_the_mode_that_every_new_file_has()
    {
        if (OperatingSystem.IsWindows()) return;
        File.WriteAllText(In("like.txt"), "");

        await CliRun.Of(new FakeCluster(), "raw", "export", In("pairs.tsv"));

        Assert.Equal(File.GetUnixFileMode(In("like.txt")), File.GetUnixFileMode(In("pairs.tsv")));
    }

    [Fact]
    public async Task What_is_being_written_in_place_of_a_secret_file_is_secret()
    {
        if (OperatingSystem.IsWindows()) return;
        var path = In("pairs.tsv");
        File.WriteAllText(path, "before");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        UnixFileMode? partial = null;

        await ExportFile.At(path).WriteAsync(_ =>
        {
            if (OperatingSystem.IsWindows()) return Task.FromResult(0L);
            partial = File.GetUnixFileMode(Directory.GetFiles(_directory.Path, "*.partial-*").Single());
            return Task.FromResult(0L);
        });

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, partial);
    }

    [Theory]
    [InlineData("/proc/self/fd/")]
    [InlineData("/dev/fd/")]
    [InlineData("link")]
    public async Task An_open_descriptor_is_written_to_where_it_stands(string kind)
    {
        if (!OperatingSystem.IsLinux()) return;
        var cluster = new FakeCluster();
        await CliRun.Of(cluster, "put", "k", "v");
        using var open = File.OpenHandle(In("all.tsv"), FileMode.CreateNew, FileAccess.Write);
        var number = open.DangerousGetHandle();
        await using var stream = new DescriptorStream((int)number);
        stream.Write("before\n"u8);
        if (kind == "link") File.CreateSymbolicLink(In("link"), $"/proc/self/fd/{number}");

        var path = kind == "link" ? In("link") : $"{kind}{number}";
        var run = await CliRun.Of(cluster, "raw", "export", path, "--format", "tsv");
        stream.Write("after\n"u8);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal("before\nk\tv\nafter\n", File.ReadAllText(In("all.tsv")));
    }

    [Fact]
    public async Task A_file_in_a_directory_that_does_not_exist_is_refused_before_anyone_is_asked()
    {
        var cluster = new FakeCluster { ConnectError = new InvalidOperationException("it connected") };

        var run = await CliRun.Of(cluster, "raw", "export", In("none/pairs.tsv"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"there is no directory {In("none")}", run.Error);
    }

    [Fact]
    public async Task A_directory_is_refused_before_anyone_is_asked()
    {
        var cluster = new FakeCluster { ConnectError = new InvalidOperationException("it connected") };

        var run = await CliRun.Of(cluster, "raw", "export", _directory.Path, "--format", "tsv");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{_directory.Path} is a directory: expected a file", run.Error);
    }

    private string In(string name) => _directory[name];

    private static async Task<List<string>> Pairs(FakeCluster cluster)
    {
        var pairs = new List<string>();
        await foreach (var pair in cluster.ScanAsync(new RawScan()))
            pairs.Add($"{Convert.ToHexString(pair.Key)}={Convert.ToHexString(pair.Value)}");
        return pairs;
    }
}
