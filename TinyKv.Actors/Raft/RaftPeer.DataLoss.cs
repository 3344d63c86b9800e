using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;

namespace TinyKv.Actors.Raft;

// Losses: what members acknowledged and have no more. The core finds and judges them.
internal sealed partial class RaftPeer
{
    // Once per member and kind while a leadership lasts, however often it is found and contradicted.
    private readonly HashSet<(PeerId Member, DataLossStage Stage)> _reported = [];

    private void Report(ImmutableArray<DataLossReport> reports)
    {
        foreach (var (loss, stage) in reports)
        {
            if (stage == DataLossStage.Confirmed) Context.Parent.Tell(new DataLost(Describe(loss)));
            else if (_reported.Add((loss.Member, stage))) Announce(loss, stage);
        }
        Publish();
    }

    private void Announce(DataLoss loss, DataLossStage stage)
    {
        var store = Member(loss.Member)?.Store;
        if (stage == DataLossStage.Cleared)
        {
            _log.Info("{Region}: {Store} has everything that it acknowledged up to {Acknowledged}",
                _spec.Region.Id, store, loss.Acknowledged);
        }
        else if (loss.Member == _spec.Self.Id)
        {
            _log.Warning("{Region}: by the word of the leader this store acknowledged {Acknowledged}, and its log has " +
                "only {Held} of that; it takes no part in elections until that is settled",
                _spec.Region.Id, loss.Acknowledged, loss.Held);
        }
        else
        {
            _log.Warning("{Region}: {Store} has lost what it acknowledged: {Acknowledged}, of which it has only {Held}; " +
                "it is not counted any more",
                _spec.Region.Id, store, loss.Acknowledged, loss.Held);
        }
    }

    private string Describe(DataLoss loss) =>
        $"the data of {_spec.Self.Store} cannot be trusted: it acknowledged the log of {_spec.Region.Id} up to " +
        $"{loss.Acknowledged.Index}, and has it only up to {loss.Held.Index}. Its disk has lost what it confirmed as " +
        "written, or its data directory is an older copy; votes may be lost too. It is not started with this directory " +
        "again: see \"A store that has lost data\" in docs/operations.md";
}
