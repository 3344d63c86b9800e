using Akka.Actor;
using Google.Protobuf;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Tests.Actors.Snapshots;

/// <summary>One direction of a connection for snapshots, which a test may cut, or change what passes it.</summary>
internal sealed class SnapshotWires(StoreId from, Func<SnapshotMessage, SnapshotMessage?> pass) : UntypedActor
{
    private IActorRef _to = ActorRefs.Nobody;

    /// <summary>Where it leads.</summary>
    public sealed record LeadTo(IActorRef Snapshots);

    public static Props Props(StoreId from, Func<SnapshotMessage, SnapshotMessage?> pass) =>
        Akka.Actor.Props.Create(() => new SnapshotWires(from, pass));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LeadTo lead: _to = lead.Snapshots; break;
            case SnapshotMessage said when pass(said) is { } passed:
                _to.Tell(new EncodedSnapshotMessage(from, passed.ToByteArray()));
                break;
            default: break;
        }
    }
}
