using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Tests.Actors.Snapshots;

/// <summary>The regions of a store: gives views of an engine, and keeps ranges free; the test hears of the latter.</summary>
internal sealed class RegionsStub(IEngine engine, Region region, IActorRef test) : UntypedActor
{
    /// <summary>Why ranges are refused from now on.</summary>
    public sealed record RefuseRanges(string Reason);

    /// <summary>Why views are refused from now on.</summary>
    public sealed record RefuseViews(RegionError Error);

    private string? _reason;
    private RegionError? _error;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RefuseRanges refuse: _reason = refuse.Reason; break;
            case RefuseViews refuse: _error = refuse.Error; break;
            case TakeView: Sender.Tell(_error is null ? new ReadView(region, engine.Snapshot()) : _error); break;
            case ReserveRange reserve:
                Sender.Tell(_reason is null ? new RangeReserved(reserve.Region) : new RangeRefused(reserve.Region, _reason));
                test.Tell(message);
                break;
            case ReleaseRange or SnapshotPinned: test.Tell(message); break;
            default: Unhandled(message); break;
        }
    }
}
