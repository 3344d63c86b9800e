using Akka.Actor;
using TinyKv.Actors.Regions;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Internal;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// What placement asks of regions on other stores: what it has decided by other members than there are is refused, however late
/// it comes, or how often.
/// </summary>
internal sealed class StepRules(World world)
{
    private readonly HashSet<IActorRef> _outdated = []; // those who ask

    /// <summary>A request arrives at a store.</summary>
    public void Arrives(Machine at, RegionMembers asked, IActorRef asker)
    {
        if (asked.IfConfVer == 0) return;
        world.Marks.Hit(NodeMark.StepAsked);
        _outdated.Remove(asker);
        var known = at.Disk.Engine.Catalog.Find(new RegionId(asked.RegionId))?.Region.Epoch.ConfVer ?? 0;
        if (known <= asked.IfConfVer) return;
        world.Marks.Hit(NodeMark.StepOutdated);
        _outdated.Add(asker);
    }

    /// <summary>An answer leaves a store.</summary>
    public void Leaves(Machine from, RegionReply reply, IActorRef? asker)
    {
        if (asker is not null && _outdated.Contains(asker) && reply.UnderWay == RegionReplies.Accepted)
            world.FailIfHonest(Rule.StepsAreFenced, $"{from.Name} does what was decided by other members");
    }
}
