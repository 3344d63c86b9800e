using TinyKv.Tests.Client;

namespace TinyKv.Tests.Clusters;

/// <summary>The program's own standard output, which only a process of its own has.</summary>
[Trait("lane", "slow")]
public sealed class StandardOutputTests
{
    [Fact]
    public async Task An_export_whose_reader_has_gone_ends_with_1_and_without_a_word()
    {
        await using var cluster = await FakeCluster.StartAsync(1);
        // Far more than a pipe holds.
        for (var i = 0; i < 100; i++) cluster.Data[$"k{i:d3}"] = new byte[60_000];

        var (_, _, error) = await ShellAsync(
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

    [Fact]
    public async Task The_device_that_stands_for_standard_output_is_no_file_to_be_replaced()
    {
        await using var cluster = await FakeCluster.StartAsync(1);
        cluster.Data["k"] = "v"u8.ToArray();
        var file = Path.GetTempFileName();
        try
        {
            await ShellAsync(
                $$"""{ echo before; "$@"; echo after; } > '{{file}}'""",
                "raw", "export", "/dev/stdout", "--format", "tsv", "-e", cluster.Store(1).Address);

            Assert.Equal("before\nk\tv\nafter\n", await File.ReadAllTextAsync(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("get", "gr\\374\\337")]
    [InlineData("put value", "\\355\\240\\275")]
    public async Task Argument_bytes_that_are_not_UTF8_are_refused(string command, string escaped)
    {
        var (_, _, error) = await ShellAsync(
            $$"""bad=$(printf '{{escaped}}'); "$@" "$bad"; echo "exit $?" >&2""", command.Split(' '));

        Assert.Contains("is not UTF-8", error);
        Assert.Contains("with --hex", error);
        Assert.EndsWith("exit 2\n", error);
    }

    private static Task<(int Code, string Output, string Error)> ShellAsync(string script, params string[] arguments) =>
        Shell.RunAsync(script, [], arguments);
}
