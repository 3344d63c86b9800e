using Akka.Actor;
using TinyKv.Actors.Transport;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Simulation.Nodes;

/// <summary>Who a message between processes is for: whoever has a name on a machine then, or one actor of a process.</summary>
internal sealed record Recipient(Machine Machine, string Name, Process? Process = null, IActorRef? Actor = null)
{
    /// <summary>Who that is at this moment, if anybody.</summary>
    public (Process Process, IActorRef Actor)? Now()
    {
        if (Actor is not null) return Process!.IsDead ? null : (Process, Actor);
        if (Machine.Process is not { } running) return null;
        var provider = ((ExtendedActorSystem)running.System).Provider;
        return (running, provider.ResolveActorRef(provider.RootPath / "user" / Name));
    }
}

/// <summary>A connection of a process to a store, over which what replicas say may get lost before it leaves, too.</summary>
internal sealed class SpokenLink(Process from, StoreId to, OutboundLink link) : MinimalActorRef
{
    /// <inheritdoc/>
    public override ActorPath Path => link.Path;

    /// <inheritdoc/>
    public override IActorRefProvider Provider => link.Provider;

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender)
    {
        var cluster = World.Current.Cluster;
        if (message is RaftBatch batch && cluster.FindMachineOf(to) is { } there)
            cluster.Network.Speak(from, new Recipient(there, RaftTransport.Name), batch, link);
        else link.Tell(message, sender);
    }
}

/// <summary>A reference of one process to an actor of another: what it is told travels over the network.</summary>
internal sealed class RemoteRef(Process from, Recipient to) : MinimalActorRef
{
    /// <inheritdoc/>
    public override ActorPath Path { get; } =
        new RootActorPath(AddressOf(to.Machine)) / "user" / to.Name;

    /// <summary>Where a machine's actors are.</summary>
    public static Address AddressOf(Machine machine) => new("sim", machine.Host);

    /// <inheritdoc/>
    public override IActorRefProvider Provider => ((ExtendedActorSystem)from.System).Provider;

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender) =>
        World.Current.Cluster.Network.Send(from, to, message, sender);
}

/// <summary>A reference to an actor of a store that does not run: what it is told is lost.</summary>
internal sealed class NowhereRef(Process from, string host) : MinimalActorRef
{
    /// <inheritdoc/>
    public override ActorPath Path { get; } = new RootActorPath(new Address("sim", host)) / "user" / "nobody";

    /// <inheritdoc/>
    public override IActorRefProvider Provider => ((ExtendedActorSystem)from.System).Provider;
}
