using System.Collections.Immutable;
using TinyKv.Core.Raft;

namespace TinyKv.Core.Regions;

/// <summary>What a message for a region means on a store.</summary>
public abstract record Addressee
{
    private Addressee() { }

    /// <summary>There is a replica that takes it.</summary>
    public sealed record Here(RegionRecord Record) : Addressee;

    /// <summary>A replica was removed, by the change of members that the record tells of: whoever speaks as of an earlier one
    /// is behind.</summary>
    public sealed record Gone(RegionRecord Record) : Addressee;

    /// <summary>There is nothing that could take it, now.</summary>
    public sealed record Unknown : Addressee;
}

/// <summary>
/// The regions of a store: the one authority for which of them has which keys. The ranges of replicas, and of those that
/// a snapshot is about to make, are always disjoint; a tombstone has no keys, and others may have had them since. A catalog
/// does not change; what changes it makes another one.
/// </summary>
public sealed class StoreCatalog
{
    private readonly RegionMap<RegionRecord> _ranges;
    private readonly ImmutableDictionary<ulong, RegionRecord> _keyless; // the placement group, and tombstones
    private readonly ImmutableDictionary<ulong, Region> _reserved; // what snapshots on their way are about to make

    private StoreCatalog(
        RegionMap<RegionRecord> ranges, ImmutableDictionary<ulong, RegionRecord> keyless,
        ImmutableDictionary<ulong, Region> reserved) => (_ranges, _keyless, _reserved) = (ranges, keyless, reserved);

    /// <summary>Of a store without regions.</summary>
    public static StoreCatalog Empty { get; } = new(
        RegionMap<RegionRecord>.Empty, ImmutableDictionary<ulong, RegionRecord>.Empty,
        ImmutableDictionary<ulong, Region>.Empty);

    /// <summary>All records, by ascending region.</summary>
    public IEnumerable<RegionRecord> Records =>
        _ranges.Entries.Concat(_keyless.Values).OrderBy(record => record.Region.Id.Value);

    /// <summary>The catalog of what a store's engine says.</summary>
    /// <exception cref="InvariantViolationException">Two regions have the same keys.</exception>
    public static StoreCatalog Of(IEnumerable<RegionRecord> records) =>
        records.Aggregate(Empty, (catalog, record) => catalog.With(record));

    /// <summary>The regions whose keys are kept free for a snapshot, by ascending number. There may be an older
    /// replica.</summary>
    public IEnumerable<Region> Reserved => _reserved.Values.OrderBy(region => region.Id.Value);

    /// <summary>What the store knows of a region.</summary>
    public RegionRecord? Find(RegionId region) => _keyless.GetValueOrDefault(region.Value) ?? _ranges.Find(region);

    /// <summary>What a message for a region means here.</summary>
    public Addressee AddresseeOf(RegionId region) => Find(region) switch
    {
        { State: RegionState.Normal } record => new Addressee.Here(record),
        { State: RegionState.Tombstone } record => new Addressee.Gone(record),
        _ => new Addressee.Unknown(),
    };

    /// <summary>With what is known of a region from now on. A snapshot of it as it was before, should one be on its way, has a
    /// place no more: what was split off has its keys.</summary>
    /// <exception cref="InvariantViolationException">Another region has some of its keys, or the record is of a time before
    /// what is known.</exception>
    public StoreCatalog With(RegionRecord record)
    {
        var region = record.Region;
        if (Find(region.Id) is { } known) RequireLater(known, record);
        var reserved = _reserved.GetValueOrDefault(region.Id.Value) is { } snapshot && region.Epoch.IsNewerThan(snapshot.Epoch)
            ? _reserved.Remove(region.Id.Value) : _reserved;
        if (record.State == RegionState.Tombstone || region.Id == RegionId.Placement)
            return new StoreCatalog(_ranges.Remove(region.Id), _keyless.SetItem(region.Id.Value, record), reserved);
        var other = OwnerOfSome(region);
        Invariant.Holds(other is null, $"{region.Id} {region.Range} has keys of {other?.Id} {other?.Range}");
        return new StoreCatalog(_ranges.Add(record), _keyless.Remove(region.Id.Value), reserved);
    }

    /// <summary>Keeps the keys of a region free for a snapshot, until it is installed or given up (<see cref="Release"/>).
    /// </summary>
    /// <param name="region">The region as the snapshot has it.</param>
    /// <param name="refusal">Why it cannot be installed here, now; empty when it can.</param>
    /// <returns>The catalog with the reservation; this one when it is refused.</returns>
    public StoreCatalog Reserve(Region region, out string refusal)
    {
        refusal = RefusalOf(region);
        return refusal.Length > 0 ? this : new StoreCatalog(_ranges, _keyless, _reserved.SetItem(region.Id.Value, region));
    }

    /// <summary>Without the reservation of a region, if there is one.</summary>
    public StoreCatalog Release(RegionId region) => new(_ranges, _keyless, _reserved.Remove(region.Value));

    /// <summary>Whether a snapshot for which the keys were reserved may still be installed: not if the replica that it was for
    /// was removed meanwhile.</summary>
    public bool MayBecome(Region region) => Find(region.Id) is not { } known || !GoesBack(known, new RegionRecord(region));

    private string RefusalOf(Region region)
    {
        if (_reserved.ContainsKey(region.Id.Value)) return $"a snapshot of {region.Id} is on its way already";
        if (!MayBecome(region) && Find(region.Id) is { } known)
            return $"{region.Id} is at {known.Region.Epoch} here, and the snapshot at {region.Epoch}";
        return OwnerOfSome(region) is { } other
            ? $"{region.Id} {region.Range} has keys of {other.Id} {other.Range}, which is here or on its way" : "";
    }

    // Another region that has some of the keys, or is about to.
    private Region? OwnerOfSome(Region region)
    {
        if (region.Id == RegionId.Placement) return null;
        return _ranges.Overlapping(region.Range.Start, region.Range.End).Select(record => record.Region).Concat(
                _reserved.Values.Where(each => each.Id != RegionId.Placement && !each.Range.Intersect(region.Range).IsEmpty))
            .FirstOrDefault(other => other.Id != region.Id);
    }

    private static void RequireLater(RegionRecord known, RegionRecord record) => Invariant.Holds(!GoesBack(known, record),
        $"{record.Region.Id} would go back from {known.Region.Epoch} to {record.Region.Epoch}");

    // Who was removed comes back only by a change of members after that, and as another: the one that was removed has
    // forgotten what it promised.
    private static bool GoesBack(RegionRecord known, RegionRecord record)
    {
        var (before, now) = (known.Region.Epoch, record.Region.Epoch);
        var returns = known.State == RegionState.Tombstone && record.State != RegionState.Tombstone;
        var isAgain = returns && known.Former != PeerId.None && record.Region.PeerWith(known.Former) is not null;
        return before.IsNewerThan(now) || (returns && now.ConfVer < before.ConfVer) || isAgain;
    }
}
