using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using TinyKv.Host.Cli.Server;
using TinyKv.Host.Output;
using TinyKv.Server.Exit;
using TinyKv.Server.StatusPages;
using TinyKv.Server.Stores;
using TinyKv.Tests.Server;
using TinyKv.Tests.Simulation.Mutants;
using TinyKv.Tests.Simulation.Nodes;

namespace TinyKv.Tests;

/// <summary>
/// The tests as a program, for people: <c>simulate SEED</c> prints what happens in a seed of the simulation of nodes,
/// <c>simulate FIRST COUNT</c> one line for each of many; <c>mutants</c> prints which seed finds which
/// planted bug, and how it shows.
/// </summary>
public static class Program
{
    /// <summary>Runs it; 1 when a seed failed, 2 when the arguments are wrong.</summary>
    public static int Main(string[] args)
    {
        if (args is ["hang"]) return Hang();
        if (args is ["throw"]) return Throw();
        if (args is ["starve"]) return Starve();
        if (args is ["mutants"] or ["mutants", _]) return PrintMutants(args.ElementAtOrDefault(1) ?? "");
        int[] numbers = [.. args.Skip(1).Select(arg =>
            int.TryParse(arg, CultureInfo.InvariantCulture, out var number) ? number : -1)];
        if (args is not ["simulate", ..] || numbers.Length is not (1 or 2) || numbers.Any(number => number < 0))
        {
            Console.Error.WriteLine("usage: simulate SEED | simulate FIRST COUNT | mutants [WORD]");
            return 2;
        }
        return numbers.Length == 1 ? Replay(numbers[0]) : Run(numbers[0], numbers[1]);
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

    private static int PrintMutants(string word)
    {
        foreach (var hunt in (MutantHunt[])[MutantHunt.Core, MutantHunt.Nodes])
        {
            foreach (var (line, failure) in hunt.Table(word))
            {
                Console.WriteLine(line);
                Console.Error.WriteLine(failure?.Split(Environment.NewLine)[0]);
            }
        }
        return 0;
    }

    private static int Replay(int seed)
    {
        var outcome = NodeSimulation.Run(seed, readable: true);
        foreach (var line in outcome.Trace) Console.WriteLine(line);
        Console.WriteLine(outcome);
        return outcome.Failure is null ? 0 : 1;
    }

    private static int Run(int first, int count)
    {
        var failed = 0;
        foreach (var outcome in NodeCampaign.Run(first, count))
        {
            Console.WriteLine(outcome);
            if (outcome.Failure is not null) failed = 1;
        }
        return failed;
    }
}
