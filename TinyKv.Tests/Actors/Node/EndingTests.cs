using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using TinyKv.Actors.Node;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence;

namespace TinyKv.Tests.Actors.Node;

/// <summary>How a store ends when something of it hangs.</summary>
[Trait("lane", "slow")]
public sealed class EndingTests : IDisposable
{
    // More than the bounds of the node allow together, and far less than for ever.
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    private readonly TestCluster _cluster = new(1);
    private readonly StoreFaults _faults = new();
    private readonly CancellationTokenSource _timeout = new();

    public void Dispose()
    {
        _faults.Disk.Resume();
        _timeout.Dispose();
    }

    [Fact]
    public async Task A_store_that_cannot_continue_says_so_at_once_although_its_disk_holds_up_its_actors()
    {
        await using var cluster = _cluster;
        var node = await StartAsync();
        var write = WriteUnderPausedDisk(node);

        node.System.EventStream.Publish(
            new JournalFailed("in memory", new IOException("No space left on device")));

        var reason = await Assert.ThrowsAsync<StoreFailedException>(() => node.Terminated.WaitAsync(Bound));
        Assert.False(node.IsReady);
        Assert.StartsWith(
            $"the journal in memory has failed: the disk of {node.Settings.DataDirectory} was full", reason.Message,
            StringComparison.Ordinal);
        Assert.IsType<IOException>(reason.InnerException);
        await node.DisposeAsync().AsTask().WaitAsync(Bound);
        Assert.False(node.IsClosed);
        await ResumeAsync(node, write);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_a_disk_that_stands_still()
    {
        await using var cluster = _cluster;
        var node = await StartAsync();
        var write = WriteUnderPausedDisk(node);

        await node.DisposeAsync().AsTask().WaitAsync(Bound);

        Assert.False(node.IsClosed);
        await ResumeAsync(node, write);
    }

    [Fact]
    public async Task A_store_closes_its_files_also_when_its_actors_end_later_than_it_waits_for_them()
    {
        await using var cluster = _cluster;
        var node = await StartAsync();
        using var mayEnd = new ManualResetEventSlim();
        node.System.ActorOf(Stubborn.Props(mayEnd));

        await node.KillAsync().WaitAsync(Bound);

        Assert.False(node.IsClosed);
        mayEnd.Set();
        await Eventually.Async(() => Task.FromResult(node.IsClosed ? node : null));
        await CanStartAsync(_cluster.Config(1));
    }

    [Fact]
    public async Task A_store_is_closed_only_when_the_last_read_of_it_has_ended()
    {
        await using var cluster = _cluster;
        var node = await StartAsync();
        var (reader, _) = await node.Storage.ReaderAsync(TestCluster.ContextOf(node), _timeout.Token);

        await node.KillAsync().WaitAsync(Bound);

        Assert.False(node.IsClosed);
        var refusal = await Assert.ThrowsAsync<TinyKvException>(() => StoreNode.StartAsync(_cluster.Config(1), Timeouts.Long));
        Assert.Contains("is locked by a running store", refusal.Message, StringComparison.Ordinal);
        reader!.Dispose();
        await Eventually.Async(() => Task.FromResult(node.IsClosed ? node : null));
        await CanStartAsync(_cluster.Config(1));
    }

    [Fact]
    public async Task A_start_that_fails_says_why_although_its_disk_holds_up_the_end()
    {
        await using var cluster = _cluster;
        var config = _cluster.Config(1);
        using var other = new TcpListener(IPAddress.Loopback, RemotingPort(config));
        other.Start();
        _faults.Disk.Pause();

        var refusal = await Assert.ThrowsAsync<TinyKvException>(
            () => StoreNode.StartAsync(config, bind: null, _faults, Timeouts.Long).WaitAsync(Bound));

        Assert.StartsWith($"cannot listen on {other.LocalEndpoint}", refusal.Message, StringComparison.Ordinal);
        _faults.Disk.Resume();
        other.Stop();
        await CanStartAsync(config);
    }

    [Fact]
    public async Task A_start_that_fails_says_why_although_an_actor_does_not_end_and_leaves_it_the_files_until_it_has()
    {
        await using var cluster = _cluster;
        var config = _cluster.Config(1, $"""akka.extensions = ["{typeof(Stubborn).AssemblyQualifiedName}"]""");
        try
        {
            var failure = await Assert.ThrowsAsync<InvalidActorNameException>(
                () => StoreNode.StartAsync(config, Timeouts.Long).WaitAsync(Bound));

            Assert.Contains(Stubborn.Name, failure.Message, StringComparison.Ordinal);
            var locked = await Assert.ThrowsAsync<TinyKvException>(() => StoreNode.StartAsync(config, Timeouts.Long));
            Assert.Contains("is locked by a running store", locked.Message, StringComparison.Ordinal);
        }
        finally
        {
            Stubborn.MayEnd.Set();
        }
        await CanStartAsync(_cluster.Config(1));
    }

    private static int RemotingPort(Config config) =>
        SettingsReader.Read(config.WithFallback(ReferenceConfig.OfStore)).Self.RemotingPort;

    private async Task<StoreNode> StartAsync()
    {
        var node = await StoreNode.StartAsync(_cluster.Config(1), bind: null, _faults, Timeouts.Long);
        await Eventually.Async(() => Task.FromResult(node.IsReady ? node : null));
        return node;
    }

    private Task<RegionError?> WriteUnderPausedDisk(StoreNode node)
    {
        _faults.Disk.Pause();
        return node.Storage.WriteAsync(
            TestCluster.ContextOf(node),
            [new Modify.Put(ColumnFamily.Default, TestCluster.Bytes("a"), TestCluster.Bytes("b"))], _timeout.Token);
    }

    // The files are closed, rather than left to the garbage collector, once nothing holds them up any more.
    private static async Task CanStartAsync(Config config)
    {
        var owner = Path.Combine(config.GetString("tinykv.store.data-directory"), "process-id");
        await Eventually.Async(() => Task.FromResult(File.Exists(owner) ? null : owner));
        await Eventually.Async(async () =>
        {
            try
            {
                await using var node = await StoreNode.StartAsync(config, Timeouts.Long);
                return node;
            }
            catch (TinyKvException locked)
            {
                Assert.Contains("is locked by a running store", locked.Message, StringComparison.Ordinal);
                return null;
            }
        });
    }

    // The directory can go when the files are closed.
    private async Task ResumeAsync(StoreNode node, Task write)
    {
        _faults.Disk.Resume();
        await _timeout.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        await Eventually.Async(() => Task.FromResult(node.IsClosed ? node : null));
    }

    /// <summary>An actor that does not end before it may; as an extension it takes the name of one of the store's.</summary>
    private sealed class Stubborn : ExtensionIdProvider<Stubborn>, IExtension
    {
        public const string Name = "failure-watch";

        public static readonly ManualResetEventSlim MayEnd = new();

        public override Stubborn CreateExtension(ExtendedActorSystem system)
        {
            system.ActorOf(Props(MayEnd), Name);
            return this;
        }

        public static Props Props(ManualResetEventSlim mayEnd) =>
            Akka.Actor.Props.Create(() => new Actor(mayEnd)).WithDispatcher("akka.io.pinned-dispatcher");

        private sealed class Actor(ManualResetEventSlim mayEnd) : UntypedActor
        {
            protected override void OnReceive(object message) => Unhandled(message);

            protected override void PostStop() => mayEnd.Wait();
        }
    }
}
