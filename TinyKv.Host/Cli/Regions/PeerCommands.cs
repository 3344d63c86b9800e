using System.CommandLine;
using Spectre.Console;
using TinyKv.Client;
using TinyKv.Host.Cli.Parsing;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Regions;

/// <summary><c>tinykv region add-peer</c> and <c>remove-peer</c>: on which stores a region is.</summary>
internal static class PeerCommands
{
    // Long enough that a log does not fill with what a bar would show.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static Command Add(CliHost host, CommonOptions options) => Create(host, options,
        new Command("add-peer", "Gives a store a replica of a region, and waits until it has all data and votes"),
        (admin, region, store, progress, cancellation) => admin.AddPeerAsync(region, store, progress, cancellation));

    public static Command Remove(CliHost host, CommonOptions options) => Create(host, options,
        new Command("remove-peer", "Removes the replica of a region from a store, which may be gone for ever"),
        (admin, region, store, progress, cancellation) => admin.RemovePeerAsync(region, store, progress, cancellation));

    private static Command Create(
        CliHost host, CommonOptions options, Command command,
        Func<IClusterAdmin, ulong, ulong, IProgress<string>, CancellationToken, Task> change)
    {
        var region = NumberArguments.Region();
        var store = NumberArguments.Store();
        command.Arguments.Add(region);
        command.Arguments.Add(store);
        options.AddTo(command, options.Format);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (which, where) = (arguments.GetRequiredValue(region), arguments.GetRequiredValue(store));
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var stage = new Stage();
            var changed = change(cluster.Admin, which, where, stage, cancellation);
            var shown = ShowAsync(host, cluster, which, where, stage, done.Token);
            try
            {
                await changed;
            }
            finally
            {
                await done.CancelAsync();
                await shown;
            }
            await RegionCommand.ShowAsync(cluster, host, options, arguments, which, cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    // On standard error: a spinner where somebody watches, otherwise a line whenever it has changed.
    private static async Task ShowAsync(
        CliHost host, ICluster cluster, ulong region, ulong store, Stage stage, CancellationToken ended)
    {
        if (!host.ErrorIsTerminal)
        {
            await FollowAsync(cluster, region, store, stage, host.Say, ended);
            return;
        }
        ProgressColumn[] columns = [new SpinnerColumn(), new TaskDescriptionColumn(), new ElapsedTimeColumn()];
        await host.WithProgressAsync(console => console.Progress().AutoClear(true).Columns(columns).StartAsync(async context =>
        {
            var task = context.AddTask("", maxValue: 1);
            task.IsIndeterminate = true;
            await FollowAsync(cluster, region, store, stage, text => task.Description = Markup.Escape(text), ended);
            return true;
        }));
    }

    private static async Task FollowAsync(
        ICluster cluster, ulong region, ulong store, Stage stage, Action<string> say, CancellationToken ended)
    {
        var said = "";
        try
        {
            while (true)
            {
                await Task.Delay(Interval, ended);
                var text = await SnapshotAsync(cluster, region, store, ended) ?? stage.Text;
                if (text != said) say(said = text);
            }
        }
        catch (OperationCanceledException)
        {
            // The change is made, or was given up.
        }
    }

    private static async Task<string?> SnapshotAsync(
        ICluster cluster, ulong region, ulong store, CancellationToken cancellation)
    {
        var statuses = await cluster.GetStoreStatusesAsync(cancellation);
        var snapshot = statuses.FirstOrDefault(each => each.StoreId == store)?.Status?.Snapshots
            .FirstOrDefault(each => each.RegionId == region);
        if (snapshot is null) return null;
        var all = snapshot.TotalBytes == 0 ? "" : $" of about {SizeText.Of(snapshot.TotalBytes)}";
        return $"store {store} fetches a snapshot from store {snapshot.FromStoreId}: {SizeText.Of(snapshot.Bytes)}{all}";
    }

    /// <summary>What was said last.</summary>
    private sealed class Stage : IProgress<string>
    {
        private volatile string _text = "";

        public string Text => _text;

        public void Report(string value) => _text = value;
    }
}
