using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using TinyKv.Core;
using TinyKv.Core.Storage;
using TinyKv.Host.Cli.Server;
using TinyKv.Server;
using TinyKv.Server.Exit;
using TinyKv.Server.Stores;
using TinyKv.Testing;
using TinyKv.Tests.Server;

namespace TinyKv.Tests.Host.Cli.Server;

public sealed class ServerProcessTests
{
    private readonly FakeStore _store = new();
    private readonly BlockingCollection<(TimeSpan After, int Code, string Thread)> _deadlines = [];

    [Theory]
    [InlineData("gRPC")]
    [InlineData("status")]
    public async Task A_port_in_use_is_named_before_the_store_starts(string purpose)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var taken = ((IPEndPoint)other.LocalEndpoint).Port;
        var (grpc, status) = purpose == "gRPC" ? (taken, 0) : (0, taken);
        var endpoints = new ServerEndpoints(IPAddress.Loopback, grpc, status);
        var started = false;
        var error = new StringWriter();
        var exitCode = await Process.RunAsync(
            stop => StoreServer.StartAsync(endpoints, ServedPorts.Settings, NullLoggerFactory.Instance, _ =>
            {
                started = true;
                return Task.FromResult<IServedStore>(_store);
            }, stop), NullLogger.Instance, error, default);
        Assert.Equal(
            $"tinykv: the {purpose} port 127.0.0.1:{taken} is in use by another process\n", error.ToString());
        Assert.Equal(ExitCode.Failure, exitCode);
        Assert.False(started);
    }

    [Fact]
    public async Task A_store_that_cannot_start_frees_the_ports_and_ends_the_process_with_1()
    {
        var error = new StringWriter();
        var port = FreePorts.Take();
        var exitCode = await Process.RunAsync(
            stop => StoreServer.StartAsync(
                new ServerEndpoints(IPAddress.Loopback, port, 0), ServedPorts.Settings, NullLoggerFactory.Instance,
                _ => throw new TinyKvException("the directory is locked"), stop),
            NullLogger.Instance, error, default);
        Assert.Equal("tinykv: the directory is locked\n", error.ToString());
        Assert.Equal(ExitCode.Failure, exitCode);
        using var again = new TcpListener(IPAddress.Loopback, port);
        again.Start();
    }

    [Fact]
    public async Task A_store_whose_files_are_damaged_ends_the_process_with_70_before_it_serves()
    {
        var error = new StringWriter();
        var exitCode = await Process.RunAsync(
            stop => StoreServer.StartAsync(
                new ServerEndpoints(IPAddress.Loopback, 0, 0), ServedPorts.Settings, NullLoggerFactory.Instance,
                _ => throw new StorageFailedException("the engine is damaged"), stop),
            NullLogger.Instance, error, default);
        Assert.Equal("tinykv: the engine is damaged\n", error.ToString());
        Assert.Equal(ExitCode.Fatal, exitCode);
    }

    [Fact]
    public async Task A_stop_that_is_asked_for_ends_the_process_with_0_and_stops_the_store()
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync(new StringWriter(), stop.Token);
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Success, await running);
        Assert.True(_store.Terminated.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_stop_during_the_start_ends_the_process_with_0()
    {
        using var stop = new CancellationTokenSource();
        var running = Process.RunAsync(
            token => StoreServer.StartAsync(
                new ServerEndpoints(IPAddress.Loopback, 0, 0), ServedPorts.Settings, NullLoggerFactory.Instance,
                async starting =>
                {
                    await Task.Delay(Timeout.Infinite, starting);
                    return _store;
                }, token),
            NullLogger.Instance, new StringWriter(), stop.Token);
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Success, await running);
    }

    [Fact]
    public async Task A_store_that_ends_itself_ends_the_process_with_70_and_its_reason()
    {
        var error = new StringWriter();
        var running = RunAsync(error, default);
        _store.End.SetException(new InvalidOperationException("fsync failed"));
        Assert.Equal(ExitCode.Fatal, await running);
        Assert.Equal("tinykv: the store has ended itself: fsync failed\n", error.ToString());
    }

    [Fact]
    public async Task A_store_that_ends_itself_has_a_deadline_whatever_hangs()
    {
        _store.Stoppable = new TaskCompletionSource().Task;
        var running = RunAsync(new StringWriter(), default);
        _store.End.SetException(new InvalidOperationException("the disk was full"));

        Assert.Equal(ExitCode.Fatal, await running);
        var (after, code, thread) = TakeDeadline();
        Assert.Equal(ExitCode.Fatal, code);
        // It was there before: that no thread can be had may be the failure.
        Assert.Equal("failure watch", thread);
        Assert.InRange(after, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_stop_has_a_deadline_from_the_moment_that_it_is_asked_for_also_while_the_start_hangs()
    {
        using var stop = new CancellationTokenSource();
        var disk = new TaskCompletionSource<IServedStore>();
        var running = Process.RunAsync(
            token => StoreServer.StartAsync(
                new ServerEndpoints(IPAddress.Loopback, 0, 0), ServedPorts.Settings, NullLoggerFactory.Instance,
                _ => disk.Task, token),
            NullLogger.Instance, new StringWriter(), stop.Token);
        await stop.CancelAsync();

        var (after, code, _) = TakeDeadline();
        Assert.Equal(ExitCode.Success, code);
        Assert.True(after > ServedPorts.Settings.ShutdownTimeout);
        disk.SetResult(_store);
        Assert.Equal(ExitCode.Success, await running);
    }

    private ServerProcess Process => new(
        (after, code, _) => _deadlines.Add((after, code, "")),
        (after, code, _) => _deadlines.Add((after, code, Thread.CurrentThread.Name ?? "")),
        ServedPorts.Settings.ShutdownTimeout);

    private (TimeSpan After, int Code, string Thread) TakeDeadline()
    {
        Assert.True(_deadlines.TryTake(out var deadline, TimeSpan.FromSeconds(30)));
        return deadline;
    }

    private Task<int> RunAsync(TextWriter error, CancellationToken stop) => Process.RunAsync(
        token => StoreServer.StartAsync(
            new ServerEndpoints(IPAddress.Loopback, 0, 0), ServedPorts.Settings, NullLoggerFactory.Instance, StartAsync, token),
        NullLogger.Instance, error, stop);

    private Task<IServedStore> StartAsync(CancellationToken cancellation) =>
        Task.FromResult<IServedStore>(_store);
}
