using TinyKv.Actors.Transport;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Regions;

/// <summary>What those who run a cluster want of its regions. Done by the leader, on whichever store it is.</summary>
public interface IRegionAdmin
{
    /// <summary>Lets the replica on a store lead a region; ends when it does.</summary>
    /// <param name="region">The region.</param>
    /// <param name="to">The store.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>Whether it led already, so that nothing was done.</returns>
    /// <exception cref="RegionRefusedException">It does not lead; says why.</exception>
    Task<bool> TransferLeaderAsync(RegionId region, StoreId to, CancellationToken cancellation);
}

/// <summary>Why something was not done with a region. The numbers cross process boundaries.</summary>
public enum RegionRefusalKind
{
    /// <summary>It was done.</summary>
    None = 0,

    /// <summary>No store has a replica of the region.</summary>
    UnknownRegion = 1,

    /// <summary>The store has none.</summary>
    NoSuchPeer = 2,

    /// <summary>The replica on the store is not one that may lead.</summary>
    CannotLead = 3,

    /// <summary>The store did not take the lead in time.</summary>
    GivenUp = 4,

    /// <summary>No leader of the region answered.</summary>
    Unavailable = 5,
}

/// <summary>What was asked of a region was not done.</summary>
public sealed class RegionRefusedException(RegionRefusalKind kind, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public RegionRefusalKind Kind => kind;
}

/// <summary>Asks the services of the stores.</summary>
/// <param name="self">This store.</param>
/// <param name="services">The service on each store.</param>
/// <param name="table">Who leads.</param>
/// <param name="attempt">How long one store may take.</param>
/// <param name="time">The clock.</param>
internal sealed class RegionAdmin(
    StoreId self, StoreServices services, RegionTable table, TimeSpan attempt, TimeProvider time) : IRegionAdmin
{
    /// <inheritdoc/>
    public async Task<bool> TransferLeaderAsync(RegionId region, StoreId to, CancellationToken cancellation)
    {
        var without = new HashSet<ulong>();
        var search = new LeaderSearch(self, region, table, time);
        var (reply, why) = await search.AskAsync<RegionReply>(
            services, new RegionTransfer { RegionId = region.Value, ToStore = to.Value }, attempt, Read, cancellation);
        if (reply is null)
            throw new RegionRefusedException(RegionRefusalKind.Unavailable, $"no leader of {region} answered: {why}");
        if (reply.WithoutReplica != 0)
            throw new RegionRefusedException(RegionRefusalKind.UnknownRegion, $"no store has a replica of {region}");
        if (reply.Refusal != 0) throw new RegionRefusedException((RegionRefusalKind)reply.Refusal, reply.RefusalText);
        return reply.LedAlready;

        (string, ulong) Read(RegionReply answer)
        {
            if (answer.WithoutReplica != 0) without.Add(answer.WithoutReplica);
            return without.Count == services.Count ? ("", 0) : (answer.Error, answer.LeaderStore);
        }
    }
}
