using System.Runtime.Serialization;
using TinyKv.Core;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Journal;
using TinyKv.Protocol;
using TinyKv.Protocol.Serialization;

namespace TinyKv.Persistence.Checking;

/// <summary>Replays all of a journal by the rules that a starting store replays it by.</summary>
internal sealed class JournalCheck
{
    // Its events say themselves what they are; it needs no actor system to read them.
    private static readonly TinyKvSerializer Serializer = new(null!);

    private readonly List<string> _damage = [];
    private readonly SortedDictionary<(ulong Region, ulong Peer), JournaledPeer> _peers = [];

    /// <summary>What was found.</summary>
    public CheckedPart Part { get; }

    /// <summary>The peers whose journals could be replayed whole, ascending by region.</summary>
    public IReadOnlyCollection<JournaledPeer> Peers => _peers.Values;

    /// <summary>Whether an engine can be made anew from it: every log begins with the first entry there ever was, and they are
    /// those of the replicas that the store began with.</summary>
    public bool RebuildsEngine { get; }

    /// <summary>Reads all of it.</summary>
    /// <param name="open">Opens it.</param>
    /// <param name="identity">Whose it must be; null: not known.</param>
    /// <param name="record">What the store knew of itself; null: not known.</param>
    /// <param name="regions">What the engine says of regions.</param>
    /// <exception cref="TinyKvException">It cannot be checked, which says nothing about it.</exception>
    public JournalCheck(
        Func<IJournalEvents> open, StoreIdentity? identity, StoreRecord? record, IReadOnlyList<RegionRecord> regions)
    {
        try
        {
            using var events = open();
            Collect("", events.VerifyFiles);
            var ids = events.Ids();
            foreach (var (id, highest) in ids) Replay(events, id, highest, identity, record?.Directory, regions);
            RequireBorn(regions, identity, record, [.. ids.Select(each => PeerJournalId.Parse(each.Id)).OfType<PeerJournalId>()]);
        }
        catch (StorageFailedException e)
        {
            _damage.Add(e.Message);
        }
        RebuildsEngine = identity is not null && record is not null
            && HoldsAll(EngineRebuild.RegionsOf(identity, record), identity.Store);
        Part = _damage.Count > 0 ? new CheckedPart("journal", PartState.Damaged, _damage) : new CheckedPart(
            "journal", PartState.Sound, _peers.Count == 0 ? ["nothing was written yet"] : [.. _peers.Values.Select(
                peer => $"{peer.Region}: term {peer.Member.Term}, "
                    + $"entries {peer.Member.FirstIndex} to {peer.Member.Last.Index}")]);
    }

    private bool HoldsAll(IReadOnlyList<Region> regions, StoreId store) =>
        regions.Count > 0 && regions.Count == _peers.Count && _peers.Values.All(peer => peer.HoldsEverything)
        && regions.All(region => _peers.ContainsKey((region.Id.Value, region.PeerOn(store)!.Value.Id.Value)));

    // A region that had events once must have some; of an engine that is lost only the store knows whether it had.
    private void RequireBorn(
        IReadOnlyList<RegionRecord> regions, StoreIdentity? identity, StoreRecord? record, IReadOnlyList<PeerJournalId> found)
    {
        // One that joined began with no region.
        var born = regions.Count > 0 || identity is not { Joined: null } own || record is not { IsBootstrapped: true } store
            ? regions.Where(each => each is { State: RegionState.Normal, JournalBorn: true }).Select(each => each.Region.Id)
            : Bootstrap.RegionsOn(own.Store, store.Initial, store.Replicas).Select(each => each.Id);
        foreach (var region in born)
            if (found.All(each => each.Region != region))
                _damage.Add($"{region}: it had events when the store was started before, and has none");
    }

    private void Replay(
        IJournalEvents events, string id, long highest, StoreIdentity? identity, DirectoryId? directory,
        IReadOnlyList<RegionRecord> regions)
    {
        if (PeerJournalId.Parse(id) is not { } peer)
        {
            _damage.Add($"{id} is the name of no peer");
            return;
        }
        if (identity is not null && (peer.Cluster != identity.ClusterId || peer.Store != identity.Store))
            _damage.Add($"{id} belongs to another store");
        var replay = new JournalReplay(initial =>
        {
            if (directory is { } own && initial.Directory != own)
                throw new InvalidDataException($"it belongs to the data directory {initial.Directory}, this is {own}");
            return new RaftCore(peer.Peer, initial, new RaftOptions(), new Random(0));
        });
        var whole = Collect($"{peer.Region} ({id}): ", () =>
        {
            var isErased = WasRemoved(peer, regions);
            events.Read(id, (number, stored) =>
            {
                isErased = false;
                Take(replay, number, stored);
            });
            if (!isErased) replay.End(highest);
        });
        if (whole && replay.Member is { } member)
            _peers[(peer.Region.Value, peer.Peer.Value)] = new JournaledPeer(peer, member);
    }

    // Of a replica that was removed nothing is left but the number of its last event.
    private static bool WasRemoved(PeerJournalId peer, IReadOnlyList<RegionRecord> regions) =>
        regions.FirstOrDefault(each => each.Region.Id == peer.Region) is { } record
        && (record.State == RegionState.Tombstone || record.Region.PeerOn(peer.Store)?.Id != peer.Peer);

    private static void Take(JournalReplay replay, long number, EventFields stored)
    {
        try
        {
            if (stored.Serializer != Serializer.Identifier)
                throw new InvalidDataException($"no serializer has the number {stored.Serializer}");
            switch (Serializer.FromBinary(stored.Body, stored.Manifest))
            {
                case InitialState initial: replay.Take(number, initial); break;
                case RaftRecord record: replay.Take(number, record); break;
                case RaftCheckpoint checkpoint: replay.Take(number, checkpoint); break;
                default: throw new InvalidDataException($"'{stored.Manifest}' is no event of a peer");
            }
        }
        catch (Exception e) when (e is MalformedMessageException or InvalidDataException)
        {
            throw new InvalidDataException($"event {number}: {e.Message}", e);
        }
    }

    private bool Collect(string where, Action check)
    {
        try
        {
            check();
            return true;
        }
        catch (Exception e) when (e is StorageFailedException or InvariantViolationException or InvalidDataException
            or SerializationException)
        {
            _damage.Add(where + e.Message);
            return false;
        }
    }
}
