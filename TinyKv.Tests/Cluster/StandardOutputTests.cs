using System.Diagnostics;
using TinyKv.Host.Cli.Playground;
using TinyKv.Tests.Client;

namespace TinyKv.Tests.Clusters;

/// <summary>The program's own standard output, which only a process of its own has.</summary>
public sealed class StandardOutputTests
{
    [Fact]
    public async Task An_export_whose_reader_has_gone_ends_with_1_and_without_a_word()
    {
        await using var cluster = await FakeCluster.StartAsync(1);
        // Far more than a pipe holds.
        for (var i = 0; i < 100; i++) cluster.Data[$"k{i:d3}"] = new byte[60_000];

        var (_, error) = await ShellAsync(
            """{ "$@"; echo "exit $?" >&2; } | head -c 1""", "raw", "export", "-e", cluster.Store(1).Address);

        Assert.Equal("exit 1\n", error);
    }

    [Fact]
    public async Task Output_to_a_file_goes_between_what_others_write_to_it()
    {
        await using var cluster = await FakeCluster.StartAsync(1);
        cluster.Data["k"] = "v"u8.ToArray();
        var file = Path.GetTempFileName();
        try
        {
            await ShellAsync(
                $$"""{ echo before; "$@"; echo after; } > '{{file}}'""",
                "raw", "export", "-e", cluster.Store(1).Address);

            Assert.Equal("before\nk\tv\nafter\n", await File.ReadAllTextAsync(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Runs a script to which this program with the arguments is <c>"$@"</c>.</summary>
    private static async Task<(string Output, string Error)> ShellAsync(string script, params string[] arguments)
    {
        var program = StoreProcess.ThisProgram(arguments);
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])["-c", script, "sh", program.FileName, .. program.ArgumentList])
            start.ArgumentList.Add(argument);
        using var shell = Process.Start(start)!;
        var (output, error) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();
        return (await output, await error);
    }
}
