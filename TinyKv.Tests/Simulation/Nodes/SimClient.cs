using System.Text;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Storage;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Tests.Simulation.Nodes;

/// <summary>
/// A client that asks one thing after the other, of the leader that it knows of or of anybody, and remembers what it
/// was told. When it was told nothing, it does not know what happened.
/// </summary>
internal sealed class SimClient(World world, int number)
{
    private const int MostPerKey = 120;
    private static readonly TimeSpan PatienceInCalm = TimeSpan.FromSeconds(8);
    private readonly Random _random = world.NewRandom();
    private Machine? _leader;
    private int _values;

    private NodePlan Plan => world.Cluster.Plan;

    /// <summary>Whether it may begin something new.</summary>
    public bool IsActive { get; set; } = true;

    /// <summary>Whether everything must work.</summary>
    public bool ExpectsSuccess { get; set; }

    /// <summary>How often it got what it asked for since everything must work.</summary>
    public int Successes { get; private set; }

    /// <summary>Begins.</summary>
    public void Start() => world.After(Plan.ThinkTime * (_random.NextDouble() * 2), () =>
    {
        if (IsActive) Ask();
        else Start();
    });

    private void Ask()
    {
        var choice = _random.Next(100);
        Request request = choice switch
        {
            < 45 => new KeyRequest(this, Key(), OperationKind.Put, NewValue()),
            < 50 => new KeyRequest(this, Key(), OperationKind.Delete, null),
            < 88 => new KeyRequest(this, Key(), OperationKind.Get, null),
            < 94 => new IdRequest(this),
            _ => new TimestampRequest(this, _random.Pick(1, 1, 10, 100_000)),
        };
        request.Begin();
    }

    private string Key()
    {
        var slot = _random.Next(Plan.Keys);
        for (var generation = 0; ; generation++)
        {
            var key = $"k{slot}.{generation}";
            if (world.Cluster.History.CountOf(key) < MostPerKey) return key;
        }
    }

    private string NewValue() => $"{number}.{++_values}" + new string('x', _random.Pick(0, 0, 50, 500));

    /// <summary>One thing that the client wants, and its attempts to get it.</summary>
    private abstract class Request(SimClient client)
    {
        private CancellationTokenSource _cancellation = new();
        private Process? _asked;
        private readonly bool _mustSucceed = client.ExpectsSuccess;
        private bool _ended;
        private int _attempt;
        private long _deadline;

        protected SimClient Client => client;

        protected World World => client.World;

        public void Begin()
        {
            var patience = _mustSucceed ? PatienceInCalm : client.Plan.Patience;
            _deadline = World.Now + patience.Ticks;
            World.After(patience, GiveUp);
            Attempt();
        }

        protected abstract Task<object?> Serve(Process process, CancellationToken cancellation);

        protected abstract void Got(object? answer);

        protected abstract void Unknown();

        protected abstract void Nothing();

        protected void End(bool success)
        {
            _ended = true;
            if (success && _mustSucceed) client.Successes++;
            client.Start();
        }

        private void Attempt()
        {
            var number = ++_attempt;
            var target = client._leader is { } known && client._random.Percent(90)
                ? known : World.Cluster.Machines[client._random.Next(World.Cluster.Machines.Length)];
            _asked = null;
            if (IsLost(NodeMark.ClientRequestLost)) return;
            World.After(client.Latency(), () => Arrive(target, number));
        }

        private void Arrive(Machine target, int number)
        {
            if (_ended || number != _attempt) return;
            if (target.Process is not { } process)
            {
                Refused(null, number);
                return;
            }
            _asked = process;
            _cancellation = new CancellationTokenSource();
            var token = _cancellation.Token;
            process.Tasks.Start(async () =>
            {
                object? answer;
                try
                {
                    answer = await Serve(process, token);
                }
                catch (Exception e)
                {
                    answer = e;
                }
                if (IsLost(NodeMark.ClientAnswerLost)) return;
                World.After(client.Latency(), () => Answered(target, answer, number));
            });
        }

        private void Answered(Machine from, object? answer, int number)
        {
            if (_ended || number != _attempt) return;
            World.Trace.Add($"{World.Clock} client {client.Number} {this}: {from.Name} says {answer ?? "done"}");
            World.Trace.Mix(World.Now);
            switch (answer)
            {
                case RegionError.NotLeader refusal:
                    World.Marks.Hit(NodeMark.RefusedNotLeader);
                    Refused(refusal.Leader?.Store, number);
                    break;
                case RegionError.StaleCommand:
                    World.Marks.Hit(NodeMark.OutcomeDisplaced);
                    client._leader = null;
                    Unknown();
                    End(success: false);
                    break;
                case RegionError.ServerIsBusy:
                    World.Marks.Hit(NodeMark.RefusedBusy);
                    Refused(from.Store, number);
                    break;
                case PlacementUnavailableException:
                    World.Marks.Hit(NodeMark.PlacementUnavailable);
                    Refused(null, number);
                    break;
                case RegionError or Exception:
                    World.Fail($"client {client.Number} {this}: {answer}");
                    break;
                default:
                    client._leader = from;
                    Got(answer);
                    End(success: true);
                    break;
            }
        }

        // Nothing was done: it may be asked again.
        private void Refused(StoreId? leader, int number)
        {
            client._leader = leader is { } known ? World.Cluster.MachineOf(known) : null;
            World.After(TimeSpan.FromMilliseconds(1 + client._random.Next(50)), () =>
            {
                if (_ended || number != _attempt || World.Now >= _deadline) return;
                Attempt();
            });
            _asked = null;
        }

        private void GiveUp()
        {
            if (_ended) return;
            World.Trace.Add($"{World.Clock} client {client.Number} {this}: gives up");
            World.Marks.Hit(NodeMark.ClientGaveUp);
            if (_mustSucceed) World.Fail($"client {client.Number} {this}: no success in a healthy cluster");
            client._leader = null;
            var (asked, cancellation) = (_asked, _cancellation);
            if (asked is not null && client._random.Percent(50))
            {
                World.Marks.Hit(NodeMark.ClientCancelled);
                asked.Enqueue(new Akka.Dispatch.ActionRunnable(cancellation.Cancel));
            }
            // Of an attempt that was not answered nothing is known; all before it were refused.
            if (asked is not null) Unknown();
            else Nothing();
            End(success: false);
        }

        private bool IsLost(NodeMark mark)
        {
            if (World.Cluster.Network.IsCalm || !client._random.Percent(Math.Min(5, client.Plan.Links.Lose))) return false;
            World.Marks.Hit(mark);
            return true;
        }
    }

    private sealed class KeyRequest : Request
    {
        private readonly Operation _operation;

        public KeyRequest(SimClient client, string key, OperationKind kind, string? value) : base(client)
        {
            _operation = World.Cluster.History.Invoke(key, kind, value, World.Now);
            World.Trace.Add($"{World.Clock} client {client.Number} {this}");
        }

        private byte[] Key => Encoding.UTF8.GetBytes(_operation.Key);

        public override string ToString() =>
            $"{_operation.Kind} {_operation.Key} {_operation.Value?.TrimEnd('x')}";

        protected override async Task<object?> Serve(Process process, CancellationToken cancellation)
        {
            var store = process.Machine.Store;
            var context = new RequestContext(
                RegionId.First, RegionEpoch.Initial, new Peer(new PeerId(store.Value), store), 0);
            var storage = process.Actors.Storage;
            if (_operation.Kind != OperationKind.Get) return await storage.WriteAsync(context, [Write()], cancellation);
            var answer = await storage.ReaderAsync(context, cancellation);
            if (answer.Refusal is { } refusal) return refusal;
            using var reader = answer.Reader!;
            return reader.GetCF(ColumnFamily.Default, Key) is { } value ? Encoding.UTF8.GetString(value) : "";
        }

        protected override void Got(object? answer)
        {
            World.Marks.Hit(_operation.Kind == OperationKind.Get ? NodeMark.ReadServed : NodeMark.WriteServed);
            _operation.Return(World.Now, answer is string { Length: > 0 } read ? read : null);
        }

        protected override void Unknown()
        {
            if (_operation.Kind == OperationKind.Get) World.Cluster.History.Forget(_operation);
        }

        protected override void Nothing() => World.Cluster.History.Forget(_operation);

        private Modify Write() => _operation.Kind == OperationKind.Put
            ? new Modify.Put(ColumnFamily.Default, Key, Encoding.UTF8.GetBytes(_operation.Value!))
            : new Modify.Delete(ColumnFamily.Default, Key);
    }

    private sealed class IdRequest(SimClient client) : Request(client)
    {
        public override string ToString() => "id";

        protected override async Task<object?> Serve(Process process, CancellationToken cancellation) =>
            await process.Actors.Placement.AllocateIdAsync(cancellation);

        protected override void Got(object? answer)
        {
            World.Marks.Hit(NodeMark.IdsAllocated);
            if (World.Cluster.Grants.Add((ulong)answer!) is { } wrong) World.Fail(wrong);
        }

        protected override void Unknown()
        {
        }

        protected override void Nothing()
        {
        }
    }

    private sealed class TimestampRequest(SimClient client, int count) : Request(client)
    {
        private readonly long _floor = client.World.Cluster.Grants.Highest;

        public override string ToString() => $"{count} timestamps";

        protected override async Task<object?> Serve(Process process, CancellationToken cancellation) =>
            await process.Actors.Placement.AllocateTimestampsAsync(count, cancellation);

        protected override void Got(object? answer)
        {
            World.Marks.Hit(NodeMark.TimestampsAllocated);
            if (World.Cluster.Grants.Add(_floor, (Timestamp)answer!, count) is { } wrong) World.Fail(wrong);
        }

        protected override void Unknown()
        {
        }

        protected override void Nothing()
        {
        }
    }

    private World World => world;

    private int Number => number;

    private TimeSpan Latency()
    {
        var (shortest, longest) = Plan.Links.Latency;
        return new TimeSpan(_random.NextInt64(shortest.Ticks, longest.Ticks + 1));
    }
}
