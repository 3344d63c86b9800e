using System.Text;
using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Host.Cli;
using TinyKv.Host.Cli.Raw;

namespace TinyKv.Tests.Host.Cli;

public sealed class ImportTests
{
    [Fact]
    public async Task Everything_is_stored_and_counted()
    {
        var cluster = new FakeCluster();

        var run = await CliRun.With(cluster, "a\t1\n\nb\t2\r\nc\t3", default, "raw", "import", "-", "--format", "tsv");

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("imported 3 pairs", run.Error);
        Assert.Equal(["a", "b", "c"], cluster.Puts.Select(put => Encoding.UTF8.GetString(put.Key)));
        Assert.True(cluster.Options!.RetryUndeterminedWrites);
    }

    [Fact]
    public async Task The_last_line_of_a_key_wins_however_late_the_first_is()
    {
        var first = new TaskCompletionSource();
        var others = 0;
        var cluster = new FakeCluster
        {
            BeforePut = async (key, value, _) =>
            {
                if (value is [(byte)'1']) await first.Task;
                else if (key is [(byte)'b'] && ++others == 10) first.SetResult();
            },
        };
        var lines = "a\t1\na\t2\n" + string.Concat(Enumerable.Repeat("b\tx\n", 10)) + "a\t3\n";

        Assert.Equal(13, await Import(cluster, lines));

        Assert.Equal(["1", "2", "3"], cluster.Puts.Where(put => put.Key is [(byte)'a'])
            .Select(put => Encoding.UTF8.GetString(put.Value)));
    }

    [Fact]
    public async Task No_more_is_on_its_way_than_the_window_holds()
    {
        var held = new Queue<TaskCompletionSource>();
        var cluster = new FakeCluster
        {
            BeforePut = (_, _, _) =>
            {
                var put = new TaskCompletionSource();
                held.Enqueue(put);
                return put.Task;
            },
        };
        var lines = string.Concat(Enumerable.Range(0, 500).Select(i => $"k{i}\tv\n"));

        // Nothing here leaves this thread: the import runs until it has to wait.
        var import = Import(cluster, lines, new ImportWindow(7, 1_000_000));

        for (var left = 500; left > 0; left--)
        {
            Assert.Equal(Math.Min(left, 7), held.Count);
            held.Dequeue().SetResult();
        }
        Assert.Equal(500, await import);
    }

    [Fact]
    public async Task A_window_in_bytes_is_kept_too()
    {
        var held = new List<TaskCompletionSource>();
        var cluster = new FakeCluster
        {
            BeforePut = (_, _, _) =>
            {
                var put = new TaskCompletionSource();
                held.Add(put);
                return put.Task;
            },
        };
        var import = Import(cluster, "a\t12345\nb\t12345\nc\t12345\n", new ImportWindow(100, 10));

        Assert.Equal(2, held.Count);
        for (var i = 0; i < 3; i++)
        {
            await WaitUntil(() => held.Count > i);
            held[i].SetResult();
        }
        Assert.Equal(3, await import);
    }

    [Fact]
    public async Task A_bad_line_ends_the_import_and_all_before_it_are_stored()
    {
        var cluster = new FakeCluster();

        var run = await CliRun.With(
            cluster, "a\t1\nb\t2\nnonsense\nc\t3\n", default, "raw", "import", "-", "--format", "tsv");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("tinykv: line 3: expected KEY TAB VALUE, found no TAB; " +
            "2 pairs are stored, all lines before it among them", run.Error.TrimEnd());
        Assert.Equal(2, cluster.Puts.Count);
    }

    [Fact]
    public async Task A_binary_file_stores_nothing_and_is_called_what_it_is()
    {
        var cluster = new FakeCluster();
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 9, 0, 0, 10, 255, 9, 1]);

            var run = await CliRun.Of(cluster, "raw", "import", path, "--format", "tsv");

            Assert.Equal(1, run.ExitCode);
            Assert.Contains("line 1: expected text, KEY TAB VALUE, found the byte 0x7f", run.Error);
            Assert.Contains("; nothing is stored", run.Error);
            Assert.Empty(cluster.Puts);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_failed_write_names_its_line_and_counts_what_is_stored()
    {
        var cluster = new FakeCluster
        {
            BeforePut = (key, _, _) => key is [(byte)'b']
                ? throw new TinyKvUnavailableException("no leader") : Task.CompletedTask,
        };

        var error = await Assert.ThrowsAsync<ImportStoppedException>(() => Import(cluster, "a\t1\nb\t2\nc\t3\n"));

        Assert.StartsWith("line 2 is not stored: no leader; ", error.Message);
        Assert.Contains($"{cluster.Puts.Count} pair", error.Message);
    }

    [Fact]
    public async Task A_failed_write_is_not_overtaken_by_a_later_one_of_the_same_key()
    {
        var fail = new TaskCompletionSource();
        var cluster = new FakeCluster { BeforePut = (_, value, _) => value is [(byte)'1'] ? fail.Task : Task.CompletedTask };
        var import = Import(cluster, "a\t1\na\t2\nb\t9\n");

        fail.SetException(new TinyKvUnavailableException("no leader"));

        var error = await Assert.ThrowsAsync<ImportStoppedException>(() => import);
        Assert.StartsWith("line 1 ", error.Message);
        Assert.DoesNotContain(cluster.Puts, put => put.Key is [(byte)'a']);
    }

    [Fact]
    public async Task A_cancelled_import_finishes_what_is_on_its_way_and_reports_it()
    {
        using var cancel = new CancellationTokenSource();
        var cluster = new FakeCluster
        {
            BeforePut = (key, _, _) =>
            {
                if (key is [(byte)'b']) cancel.Cancel();
                return Task.CompletedTask;
            },
        };

        var run = await CliRun.With(cluster, string.Concat("abcdef".Select(c => $"{c}\t1\n")), cancel.Token,
            "raw", "import", "-", "--format", "tsv");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("tinykv: cancelled; 2 pairs are stored", run.Error.TrimEnd());
        Assert.Equal(2, cluster.Puts.Count);
    }

    [Fact]
    public async Task An_absent_file_is_a_failure_that_names_it()
    {
        var run = await CliRun.Of(new FakeCluster(), "raw", "import", "/nonexistent/pairs.tsv");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("/nonexistent/pairs.tsv", run.Error);
    }

    private static async Task<long> Import(FakeCluster cluster, string lines, ImportWindow? window = null)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(lines));
        var importer = new Importer(cluster, ColumnFamily.Default, PairCodec.For(OutputFormat.Tsv, hex: false),
            new LineReader(input, PairCodec.MaxLineBytes), window ?? ImportWindow.Default);
        return await importer.RunAsync(_ => { }, CancellationToken.None);
    }

    private static async Task WaitUntil(Func<bool> condition)
    {
        while (!condition()) await Task.Yield();
    }
}
