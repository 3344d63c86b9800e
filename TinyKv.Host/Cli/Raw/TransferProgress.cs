using System.Diagnostics;
using Spectre.Console;

namespace TinyKv.Host.Cli.Raw;

/// <summary>The progress of a long transfer, on standard error: a bar when a person watches, a line at the end
/// always.</summary>
internal static class TransferProgress
{
    /// <summary>Runs a transfer that reports (pairs, bytes) and returns the number of pairs.</summary>
    /// <param name="host">Where to show it.</param>
    /// <param name="verb">What is done, in the past: imported, exported.</param>
    /// <param name="totalBytes">All the bytes there are; null when that is not known.</param>
    /// <param name="transfer">The work.</param>
    public static async Task RunAsync(
        CliHost host, string verb, long? totalBytes, Func<Action<ImportProgress>, Task<long>> transfer)
    {
        var clock = Stopwatch.StartNew();
        var pairs = host.ErrorIsTerminal ? await RunWithBarAsync(host, verb, totalBytes, transfer)
            : await transfer(_ => { });
        var seconds = clock.Elapsed.TotalSeconds;
        await host.Error.WriteLineAsync(
            $"{verb} {pairs:N0} pairs in {seconds:N1} s ({pairs / Math.Max(seconds, 0.001):N0} per second)");
    }

    private static Task<long> RunWithBarAsync(
        CliHost host, string verb, long? totalBytes, Func<Action<ImportProgress>, Task<long>> transfer)
    {
        ProgressColumn[] columns = totalBytes is null
            ? [new SpinnerColumn(), new TaskDescriptionColumn(), new ElapsedTimeColumn()]
            : [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()];
        return host.WithProgressAsync(console => console.Progress().AutoClear(true).Columns(columns).StartAsync(context =>
        {
            var bar = context.AddTask(verb, maxValue: Math.Max(1, totalBytes ?? 1));
            bar.IsIndeterminate = totalBytes is null;
            var shown = Stopwatch.GetTimestamp();
            return transfer(progress =>
            {
                if (Stopwatch.GetElapsedTime(shown) < TimeSpan.FromMilliseconds(100)) return;
                shown = Stopwatch.GetTimestamp();
                bar.Description = $"{verb} {progress.Stored:N0} pairs";
                if (totalBytes is not null) bar.Value = progress.BytesRead;
            });
        }));
    }
}
