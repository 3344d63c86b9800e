using System.Collections.Immutable;

namespace TinyKv.Core.Regions;

/// <summary>
/// Why a store refused a request to a region. Nothing was done, except after <see cref="StaleCommand"/>, whose
/// outcome is unknown when the command was a write. Closed: only the nested records derive from it.
/// </summary>
public abstract record RegionError
{
    private RegionError() { }

    /// <summary>What to tell a person.</summary>
    public abstract string Message { get; }

    private static string Name(RegionId? region) => region is { } known ? $"{known}" : "the region with these keys";

    /// <summary>Another replica leads the region, or, when <paramref name="Leader"/> is null, none is known to.</summary>
    /// <param name="Region">The region; null of a request that names none, and that nobody has looked for yet.</param>
    /// <param name="Leader">The leader, if it is known.</param>
    public sealed record NotLeader(RegionId? Region, Peer? Leader) : RegionError
    {
        /// <inheritdoc/>
        public override string Message => Leader is { } leader
            ? $"not the leader of {Name(Region)}; {leader.Store} is" : $"not the leader of {Name(Region)}; it has none now";
    }

    /// <summary>The request was meant for another store.</summary>
    public sealed record StoreNotMatch(StoreId Requested, StoreId Actual) : RegionError
    {
        /// <inheritdoc/>
        public override string Message => $"the request is for {Requested}, this is {Actual}";
    }

    /// <summary>The store holds no replica of the region; null: of the region with the keys.</summary>
    public sealed record RegionNotFound(RegionId? Region) : RegionError
    {
        /// <inheritdoc/>
        public override string Message => $"{Name(Region)} is not on this store";
    }

    /// <summary>The key lies outside the region.</summary>
    public sealed record KeyNotInRegion(ReadOnlyMemory<byte> Key, Region Region) : RegionError
    {
        /// <inheritdoc/>
        public override string Message =>
            $"key {Convert.ToHexString(Key.Span)} is not in {Region.Id} {Region.Range}";
    }

    /// <summary>The region has split, merged or changed members since the caller looked.</summary>
    public sealed record EpochNotMatch(ImmutableArray<Region> Current) : RegionError
    {
        /// <inheritdoc/>
        public override string Message => "the region's epoch has changed";
    }

    /// <summary>
    /// The caller's term is too old, or leadership was lost before the fate of the command was known.
    /// </summary>
    public sealed record StaleCommand : RegionError
    {
        /// <inheritdoc/>
        public override string Message => "the command is stale: the leader has changed";
    }

    /// <summary>
    /// The store has as much work as it takes; nothing was done. Worth another try after
    /// <paramref name="BackoffMs"/> milliseconds; 0: the caller decides.
    /// </summary>
    public sealed record ServerIsBusy(string Reason, uint BackoffMs = 0) : RegionError
    {
        /// <inheritdoc/>
        public override string Message => $"the store is busy: {Reason}";
    }

    /// <summary>The replica on this store has stopped for good; another store may serve the region.</summary>
    public sealed record RegionStopped(RegionId Region, string Reason) : RegionError
    {
        /// <inheritdoc/>
        public override string Message => $"{Region} has stopped on this store: {Reason}";
    }
}
