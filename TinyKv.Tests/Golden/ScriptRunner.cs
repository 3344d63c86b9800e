using System.Globalization;
using System.Text;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Golden;

/// <summary>
/// Runs a script on a Raft group, one command per line; what follows a # is for the reader.
/// <code>
/// cluster n1 n2 n3 max-entries=1   the members, and options
/// journal n1 term=3 1 1 2          what n1 finds in its journal: its entries' terms; before start
/// hold-storage n1                  its writes wait for release-storage
/// start                            implied by the first other command
/// elect n1                         campaign and stabilize, not traced
/// campaign n1 | propose n1 x y | read n1 7 8
/// tick n1 5 | tick 5               on one node, on all
/// run 5                            five times: a tick on all, then stabilize
/// deliver n1→n2 3 | deliver n1 | drop ... | duplicate ...
/// stabilize                        delivers everything until nothing is under way
/// add-learner n1 n4 | promote n1 n4 | remove n1 n2   the leader n1 is asked to; n4 is on store 4
/// add-learner n1 n5 4              n5 on store 4
/// transfer n1 n2                   the leader n1 is asked to let n2 lead
/// pin n1 n3 | install n3           n1 pins a snapshot for n3; n3 has it in its engine
/// join n4                          the new peer starts, with an empty log
/// disconnect n2 n1                 the connection over which n2 heard n1 has ended
/// partition n1 n2 | n3             and heal
/// forge n3→n1 term=1 Heartbeat commit=0 round=1   a message that n3 did not send, as the trace shows it
/// crash n1 | restart n1
/// lose n1 2 | restore n1           its journal's last two records, while it is down
/// sync n1                          the engine has synced, as it was asked to
/// release-storage n1 2 | release-storage n1
/// status
/// </code>
/// </summary>
internal sealed class ScriptRunner
{
    private readonly RaftTrace _trace = new();
    private RaftCluster? _cluster;
    private bool _isStarted;

    private RaftCluster Cluster => _cluster ?? throw new FormatException("the first command is cluster");

    public string Run(string script)
    {
        foreach (var (index, line) in script.Split('\n').Index())
        {
            var command = line.Split('#')[0].Trim();
            if (command.Length == 0) continue;
            try
            {
                _trace.Line($"> {command}");
                Execute(command.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
            catch (Exception e)
                when (e is FormatException or InvalidOperationException or KeyNotFoundException)
            {
                throw new FormatException($"line {index + 1}: {command}: {e.Message}", e);
            }
        }

        return _trace.ToString();
    }

    private void Execute(string[] words)
    {
        var arguments = words[1..];
        switch (words[0])
        {
            case "cluster": Create(arguments); return;
            case "journal": Preset(arguments); return;
            case "hold-storage": Cluster[Peer(arguments[0])].IsHeld = true; return;
        }

        Start();
        switch (words[0])
        {
            case "start": break;
            case "elect": Elect(Peer(arguments[0])); break;
            case "campaign": Cluster.Do(Peer(arguments[0]), core => core.Campaign()); break;
            case "propose": Propose(arguments); break;
            case "read": Read(arguments); break;
            case "tick": Tick(arguments); break;
            case "run": RunFor(int.Parse(arguments[0])); break;
            case "stabilize": Cluster.Stabilize(); break;
            case "deliver": Cluster.Deliver(Matching(arguments[0]), Count(arguments)); break;
            case "drop": Cluster.Drop(Matching(arguments[0]), Count(arguments)); break;
            case "duplicate": Cluster.Duplicate(Matching(arguments[0]), Count(arguments)); break;
            case "forge": Cluster.Forge(Forgery.Parse(arguments)); break;
            case "add-learner": AddLearner(arguments); break;
            case "promote": Cluster.Change(Peer(arguments[0]), new ConfChange.Promote(Peer(arguments[1]))); break;
            case "remove": Cluster.Change(Peer(arguments[0]), new ConfChange.Remove(Peer(arguments[1]))); break;
            case "transfer": Cluster.Transfer(Peer(arguments[0]), Peer(arguments[1])); break;
            case "pin": Cluster.Pin(Peer(arguments[0]), Peer(arguments[1])); break;
            case "install": Cluster.Install(Peer(arguments[0])); break;
            case "join": Cluster.Join(Peer(arguments[0])); break;
            case "disconnect":
                Cluster.Do(Peer(arguments[0]), core => core.Disconnected(Peer(arguments[1])));
                break;
            case "partition": Partition(arguments); break;
            case "heal": Cluster.Heal(); break;
            case "crash": Cluster.Crash(Peer(arguments[0])); break;
            case "restart": Cluster.Start(Peer(arguments[0])); break;
            case "lose": Cluster[Peer(arguments[0])].Lose(int.Parse(arguments[1])); break;
            case "restore": Cluster[Peer(arguments[0])].Restore(); break;
            case "sync": Cluster.Sync(Peer(arguments[0])); break;
            case "release-storage": Release(arguments); break;
            case "status": ShowStatus(); break;
            default: throw new FormatException("there is no such command");
        }
    }

    private void Create(string[] arguments)
    {
        var options = new RaftOptions();
        foreach (var option in arguments.Where(a => a.Contains('=')))
        {
            var (name, value) = (option.Split('=')[0], option.Split('=')[1]);
            options = name switch
            {
                "election" => options with { ElectionTicks = int.Parse(value) },
                "heartbeat" => options with { HeartbeatTicks = int.Parse(value) },
                "max-entries" => options with { MaxEntriesPerAppend = int.Parse(value) },
                "max-bytes" => options with { MaxBytesPerAppend = int.Parse(value) },
                "max-inflight" => options with { MaxInflightAppends = int.Parse(value) },
                "max-inflight-bytes" => options with { MaxInflightBytes = int.Parse(value) },
                "max-log" => options with { MaxLogEntries = int.Parse(value) },
                "snapshots" => options with { ProvidesSnapshots = bool.Parse(value) },
                "lease" => options with { LeaseReads = true, LeaseTicks = int.Parse(value) },
                _ => throw new FormatException($"there is no option {name}"),
            };
        }

        _trace.ShowsCompactIndex = options.MaxLogEntries < new RaftOptions().MaxLogEntries;
        _cluster = new RaftCluster(arguments.Where(a => !a.Contains('=')).Select(Peer), options, _trace);
    }

    private void Preset(string[] arguments)
    {
        var term = long.Parse(arguments[1]["term=".Length..]);
        var entries = arguments[2..].Select(long.Parse)
            .Select((t, i) => new Entry(new LogPosition(i + 1, t), EntryKind.NoOp, default));
        Cluster[Peer(arguments[0])].Preset(new RaftRecord(term, PeerId.None, [.. entries]));
    }

    private void Start()
    {
        if (_isStarted) return;
        _isStarted = true;
        foreach (var node in Cluster.Nodes) Cluster.Start(node.Id);
    }

    private void Elect(PeerId id)
    {
        _trace.IsQuiet = true;
        Cluster.Do(id, core => core.Campaign());
        Cluster.Stabilize();
        _trace.IsQuiet = false;
    }

    private void Propose(string[] arguments)
    {
        var commands = arguments[1..].Select(a => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(a)).ToArray();
        Cluster.Do(Peer(arguments[0]), core => core.Propose(commands));
    }

    private void AddLearner(string[] arguments)
    {
        var peer = Peer(arguments[1]);
        var store = arguments.Length > 2 ? ulong.Parse(arguments[2], CultureInfo.InvariantCulture) : peer.Value;
        Cluster.Change(Peer(arguments[0]), new ConfChange.AddLearner(peer, new StoreId(store)));
    }

    private void Read(string[] arguments)
    {
        var contexts = arguments[1..].Select(long.Parse).ToArray();
        Cluster.Do(Peer(arguments[0]), core => core.ReadIndex(contexts));
    }

    private void Tick(string[] arguments)
    {
        var isOne = arguments[0].StartsWith('n');
        for (var i = 0; i < int.Parse(arguments[^1]); i++)
        {
            if (isOne) Cluster.Do(Peer(arguments[0]), core => core.Tick());
            else TickAll();
        }
    }

    private void RunFor(int ticks)
    {
        for (var i = 0; i < ticks; i++)
        {
            TickAll();
            Cluster.Stabilize();
        }
    }

    private void TickAll()
    {
        foreach (var node in Cluster.Nodes)
            if (node.Core is not null) Cluster.Do(node.Id, core => core.Tick());
    }

    private void Partition(string[] arguments)
    {
        var sides = string.Join(' ', arguments).Split('|');
        Cluster.Partition(sides.Select(side =>
            side.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Peer).ToArray()));
    }

    private void Release(string[] arguments)
    {
        var id = Peer(arguments[0]);
        Cluster.Release(id, Count(arguments));
        if (arguments.Length == 1) Cluster[id].IsHeld = false;
    }

    private void ShowStatus()
    {
        foreach (var node in Cluster.Nodes)
        {
            var state = node.Core is { } core ? RaftTrace.Of(core) : "down";
            _trace.Line($"{node.Id} {state} applied={RaftTrace.Of(node.Applied)}");
        }
    }

    private static Predicate<RaftEnvelope> Matching(string link)
    {
        var ends = link.Split('→');
        var from = Peer(ends[0]);
        return ends.Length == 1 ? e => e.From == from : e => e.From == from && e.To == Peer(ends[1]);
    }

    private static int Count(string[] arguments) =>
        arguments.Length > 1 ? int.Parse(arguments[1]) : int.MaxValue;

    internal static PeerId Peer(string name) => name.StartsWith('n')
        ? new PeerId(ulong.Parse(name.AsSpan(1), CultureInfo.InvariantCulture))
        : throw new FormatException($"{name} is not a member");
}
