using System.Collections.Concurrent;
using System.Diagnostics;
using TinyKv.Core;
using TinyKv.Host.Cli;
using TinyKv.Host.Cli.Playground;
using TinyKv.Testing;

namespace TinyKv.Tests.Clusters;

[Trait("lane", "slow")]
public sealed class PlaygroundProcessTests : IDisposable
{
    private const int Stores = 2;

    private readonly TemporaryDirectory _directory = new();
    private readonly int _basePort = Playgrounds.FreeBasePort();
    private readonly ConcurrentQueue<string> _said = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_killed_playground_leaves_no_store_behind_and_continues_when_started_again()
    {
        using (var first = Start())
        {
            await Said("is ready");
            Assert.Equal(0, await Run("raw", "put", "kept", "yes"));
            first.Kill();
            await Eventually.Holds("the stores end with the playground", PortsAreFree);
        }

        _said.Clear();
        using var second = Start("--set", "tinykv.server.log-level=ERROR");
        await Said("is ready");
        for (var store = 1; store <= Stores; store++) Assert.Equal(1, StartsInLogOf(store));
        Assert.Equal(0, await Run("raw", "get", "kept"));

        second.Kill();
        await Eventually.Holds("the stores end with the playground", PortsAreFree);
    }

    private int StartsInLogOf(int store) => File.ReadLines(Path.Combine(_directory.Path, $"store-{store}", "log.txt"))
        .Count(line => line.Contains("Serving gRPC", StringComparison.Ordinal));

    private Process Start(params string[] more)
    {
        var start = StoreProcess.ThisProgram(
            ["playground", "--data", _directory.Path, "--stores", $"{Stores}", "--base-port", $"{_basePort}", .. more]);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private Task<string> Said(string text) => Eventually.Gets($"the playground says '{text}'",
        () => Task.FromResult(_said.FirstOrDefault(line => line.Contains(text))));

    private async Task<int> Run(params string[] arguments)
    {
        await using var error = new StringWriter();
        var host = new CliHost { Input = Stream.Null, Output = Stream.Null, Text = error, Error = error };
        return await CommandLine.RunAsync([.. arguments, "--endpoint", $"127.0.0.1:{_basePort}"], host);
    }

    private bool PortsAreFree()
    {
        try
        {
            PlaygroundPorts.RequireFree(_basePort, Stores);
            return true;
        }
        catch (TinyKvException)
        {
            return false;
        }
    }
}
