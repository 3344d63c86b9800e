using System.Text;
using TinyKv.Host.Cli;

namespace TinyKv.Tests.Host.Cli;

/// <summary>What one command line did, over captured streams.</summary>
internal sealed record CliRun(int ExitCode, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);

    public static Task<CliRun> Of(FakeCluster cluster, params string[] arguments) =>
        With(cluster, "", CancellationToken.None, arguments);

    public static Task<CliRun> With(
        FakeCluster cluster, string input, CancellationToken cancellation, params string[] arguments) =>
        On(host => host with { Input = new MemoryStream(Encoding.UTF8.GetBytes(input)), Connect = cluster.ConnectAsync },
            cancellation, arguments);

    /// <summary>With whatever surroundings; no variable of the environment is set.</summary>
    public static async Task<CliRun> On(
        Func<CliHost, CliHost> change, CancellationToken cancellation, params string[] arguments)
    {
        using var output = new MemoryStream();
        await using var text = new StreamWriter(output, CliHost.Utf8) { AutoFlush = true };
        await using var error = new StringWriter();
        var host = new CliHost
        {
            Input = Stream.Null,
            Output = output,
            Text = text,
            Error = error,
            Variable = _ => null,
        };
        var code = await CommandLine.RunAsync(arguments, change(host), cancellation);
        return new CliRun(code, output.ToArray(), error.ToString());
    }
}
