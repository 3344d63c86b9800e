using TinyKv.Core;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Persistence.Checking;

/// <summary>Compares an engine and a journal that are sound each by itself.</summary>
internal static class AgreementCheck
{
    /// <summary>Whether they belong together, and the journal holds or has held what the engine has applied.</summary>
    public static CheckedPart Of(EngineCheck engine, JournalCheck journal)
    {
        if (engine.Regions.Count == 0 && journal.Peers.Count > 0) return WithoutEngine(journal);
        var damage = new List<string>();
        foreach (var peer in journal.Peers)
        {
            var record = engine.Regions.FirstOrDefault(each => each.Region.Id == peer.Region);
            if (record is null)
                damage.Add($"{peer.Region}: there is a journal of peer {peer.Id.Peer.Value}, and the engine has no record of "
                    + "the region");
            else if (record.State == RegionState.Normal && !engine.Ahead.Contains(peer.Region))
                Compare(damage, record.Region, peer, engine.Applied[peer.Region]);
        }
        return damage.Count > 0 ? new CheckedPart("agreement", PartState.Damaged, damage)
            : new CheckedPart("agreement", PartState.Sound, ["the journal holds what the engine has applied"]);
    }

    private static void Compare(List<string> damage, Region region, JournaledPeer peer, LogPosition applied)
    {
        if (region.PeerOn(peer.Id.Store) is not { } own || own.Id != peer.Id.Peer)
        {
            damage.Add($"{region.Id}: the journal is of peer {peer.Id.Peer.Value}, which the engine's record does not name as "
                + $"the replica on {peer.Id.Store}");
            return;
        }
        try
        {
            peer.Member.Start(applied.Index);
            var members = peer.Member.ConfigurationAt(applied.Index);
            if (!members.Equals(region.ToConfiguration()))
                damage.Add($"{region.Id}: the journal has the members {members}, the engine {region.ToConfiguration()}");
        }
        catch (InvariantViolationException e)
        {
            damage.Add($"{region.Id}: {e.Message}");
        }
    }

    private static CheckedPart WithoutEngine(JournalCheck journal)
    {
        if (journal.RebuildsEngine)
            return new CheckedPart("agreement", PartState.Sound,
                ["the engine is empty; the next start rebuilds it from the journal, which holds everything"]);
        var cut = journal.Peers.Where(peer => !peer.HoldsEverything).Select(peer =>
            $"{peer.Region}: the engine is empty, and the journal begins with entry {peer.Member.FirstIndex}: what was "
            + "before was only in an engine that was moved away or is lost").ToList();
        return new CheckedPart("agreement", PartState.Damaged, cut.Count > 0 ? cut :
            ["the engine is empty, and the journal is not of all that the store had: the rest only an engine knew that was moved "
            + "away or is lost"]);
    }
}
