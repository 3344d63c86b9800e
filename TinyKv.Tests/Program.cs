using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using TinyKv.Host.Cli.Server;
using TinyKv.Host.Output;
using TinyKv.Server.Exit;
using TinyKv.Server.StatusPages;
using TinyKv.Server.Stores;
using TinyKv.Tests.Server;

namespace TinyKv.Tests;

/// <summary>The tests as a program: processes that go wrong, for tests of what becomes of them.</summary>
public static class Program
{
    /// <summary>Runs it; 2 when the arguments are wrong.</summary>
    public static int Main(string[] args)
    {
        switch (args)
        {
            case ["hang"]: return Hang();
            case ["throw"]: return Throw();
            case ["starve"]: return Starve();
            default:
                Console.Error.WriteLine("usage: hang | throw | starve");
                return ExitCode.Usage;
        }
    }

    // For the test of a process whose exit handlers never end.
    private static int Hang()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Thread.Sleep(Timeout.Infinite);
        ProcessOutput.Deadline.Arm(TimeSpan.FromSeconds(1), ExitCode.Fatal);
        return ExitCode.Success;
    }

    // For the test of a process in which nobody catches an exception.
    private static int Throw()
    {
        ServerProcess.GuardThreads();
        new Thread(() => throw new OutOfMemoryException()).Start();
        Thread.Sleep(Timeout.Infinite);
        return ExitCode.Success;
    }

    // For the test of a process whose pool has no thread to spare: until standard input ends they all wait.
    private static int Starve()
    {
        var gate = new StoreGate();
        gate.Open(new FakeStore());
        var (any, logs) = (new IPEndPoint(IPAddress.Loopback, 0), NullLoggerFactory.Instance);
        var port = StatusPort.StartAsync(any, gate, ServedPorts.Settings, logs).GetAwaiter().GetResult();
        ThreadPool.GetMinThreads(out var threads, out var completions);
        if (!ThreadPool.SetMaxThreads(threads, completions)) return ExitCode.Failure;
        using var busy = new CountdownEvent(threads);
        for (var i = 0; i < threads; i++)
        {
            ThreadPool.QueueUserWorkItem(_ =>
            {
                busy.Signal();
                Thread.Sleep(Timeout.Infinite);
            });
        }
        busy.Wait();
        Console.WriteLine(port.Number);
        Console.In.ReadToEnd();
        return ExitCode.Success;
    }
}
