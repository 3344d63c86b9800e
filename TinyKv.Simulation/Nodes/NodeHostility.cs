using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// What follows in some seeds when everything else is judged: one store says whatever it likes. While it lies, what the
/// others agree on is not judged; none of them may end, fail or contradict itself. If it only disturbs, all that is claimed
/// of honest stores is claimed on, and they serve again once it is silent.
/// </summary>
internal sealed class NodeHostility
{
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Echo = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Recovery = NodePlan.CalmBegins - NodePlan.ChaosEnds;

    private readonly World _world;
    private readonly Random _random;
    private readonly Machine _hostile;
    private readonly bool _onlyDisturbs;
    private readonly TimeSpan _interval;
    private bool _isSilent;

    private NodeHostility(World world, Random random)
    {
        (_world, _random) = (world, random);
        _onlyDisturbs = random.Percent(50);
        _hostile = world.Cluster.Machines[random.Next(world.Cluster.Machines.Length)];
        _interval = TimeSpan.FromMilliseconds(random.Pick(2, 10, 50));
        // In its place nobody speaks the truth any more.
        if (random.Percent(60)) _hostile.Crash(keepsPower: true);
        Store = new HostileStore(world, _hostile, _onlyDisturbs);
    }

    /// <summary>Who speaks.</summary>
    public HostileStore Store { get; }

    /// <summary>Whether it has said what only honest stores may say: nothing that others agree on is certain then.</summary>
    public bool Lies => !_onlyDisturbs;

    /// <summary>Whether it speaks in the name of the store on a machine.</summary>
    public bool SpeaksFor(Machine machine) => machine == _hostile;

    /// <summary>Whether it speaks in the name of a replica.</summary>
    public bool SpeaksFor(RegionId region, PeerId peer) => _world.Cluster.PeerOn(_hostile, region).Id == peer;

    /// <summary>Draws whether a seed ends like that, and lets it if so.</summary>
    public static void MayFollow(World world, List<SimClient> clients)
    {
        var random = world.NewRandom();
        // The honest ones are to be a majority. What is in a snapshot is believed, as all that a leader says is committed.
        if (world.Cluster.Plan is { Stores: < 3 } or { Raft.ProvidesSnapshots: true } || !random.Percent(50)) return;
        var hostility = world.Cluster.Hostility = new NodeHostility(world, random);
        hostility.Run(clients);
    }

    private void Run(List<SimClient> clients)
    {
        _world.Trace.Add($"{_world.Clock} somebody {(_onlyDisturbs ? "disturbs" : "lies")} " +
            $"{(_hostile.Process is null ? "in the place of" : "beside")} {_hostile.Name}");
        foreach (var client in clients) (client.IsActive, client.ExpectsSuccess, client.Successes) = (true, false, 0);
        SpeakLater();
        if (_random.Percent(50)) RestartSomebody();
        Pass(Lasts);
        _isSilent = true;
        Pass(Echo);
        if (_onlyDisturbs) ServesAgain(clients);
    }

    private void ServesAgain(List<SimClient> clients)
    {
        Pass(Recovery - Echo);
        foreach (var client in clients) client.ExpectsSuccess = true;
        Pass(TimeSpan.FromSeconds(2));
        foreach (var client in clients) client.IsActive = false;
        if (_hostile.Process is null)
        {
            // It comes back as it was: nobody has taken the other for it. Until it believes the terms that it has missed,
            // requests that come to it wait there, so those that must succeed end before.
            Pass(SimRequest.CalmTimeout);
            _hostile.Start();
        }
        NodeSimulation.CatchUp(_world, () => null);
        Pass(Echo);
        if (_world.Failure is null) NodeSimulation.Judge(_world, clients);
        _world.Marks.HitIf(_world.Failure is null, NodeMark.ServedAfterHostility);
    }

    private void SpeakLater() => _world.After(_interval * (2 * _random.NextDouble()), () =>
    {
        if (_isSilent) return;
        Store.Speak();
        foreach (var machine in _world.Cluster.Machines) Watch(machine);
        SpeakLater();
    });

    private void RestartSomebody() => _world.After(Lasts * _random.NextDouble(), () =>
    {
        var machine = _world.Cluster.Machines[_random.Next(_world.Cluster.Machines.Length)];
        if (machine == _hostile || machine.Process is null) return;
        machine.Crash(keepsPower: _random.Percent(50));
        _world.After(TimeSpan.FromSeconds(1), () =>
        {
            if (machine.Process is null) machine.Start();
        });
    });

    private void Watch(Machine machine)
    {
        foreach (var view in machine.Process?.Actors.Table.Views ?? [])
        {
            if (view.Peer is not { } peer || machine == _hostile) continue;
            // No election takes a term that far.
            _world.Marks.HitIf(peer.Change.Term >= RaftLimits.MaxTermStep, NodeMark.LieRaisedTerm);
            _world.Marks.HitIf(peer.Leader?.Store == _hostile.Store && _hostile.Process is null, NodeMark.LiarFollowed);
        }
    }

    private void Pass(TimeSpan time) => _world.RunUntil(new TimeSpan(_world.Now) + time);
}
