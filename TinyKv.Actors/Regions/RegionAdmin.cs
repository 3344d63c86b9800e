using System.Collections.Immutable;
using Google.Protobuf;
using TinyKv.Actors.Transport;
using TinyKv.Core.Commands;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
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

    /// <summary>
    /// Brings the members of a region one step nearer to what a store shall be among them. Ask again, with the same goal, until
    /// nothing is to be done any more.
    /// </summary>
    /// <param name="region">The region.</param>
    /// <param name="goal">What the store shall be.</param>
    /// <param name="ifConfVer">Only if the members are those of this change; 0: in any case. A number is for those of
    /// <see cref="MemberStep.ConfVer"/>.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="RegionRefusedException">It cannot be reached; says why.</exception>
    Task<MemberStep> ChangeMembersAsync(
        RegionId region, MemberGoal goal, ulong ifConfVer, CancellationToken cancellation);

    /// <summary>Splits a region in two: it keeps the keys below a key, a new one gets the others. Ends when both are there.
    /// </summary>
    /// <param name="region">The region.</param>
    /// <param name="key">The first key of the new one.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>The two; null when the key is a bound of the region already, so that nothing was done.</returns>
    /// <exception cref="RegionRefusedException">It is not split; says why.</exception>
    Task<RegionSplit?> SplitAsync(RegionId region, ReadOnlyMemory<byte> key, CancellationToken cancellation);
}

/// <summary>How far a change of members is.</summary>
/// <param name="UnderWay">What is under way, for people; null when the goal is reached.</param>
/// <param name="NeedsNumber">Whether nothing is, because the new replica was given no number.</param>
/// <param name="ConfVer">The members for which it needs one.</param>
public readonly record struct MemberStep(string? UnderWay, bool NeedsNumber = false, ulong ConfVer = 0);

/// <summary>Why something was not done with a region. The numbers cross process boundaries.</summary>
public enum RegionRefusalKind
{
    /// <summary>It was done.</summary>
    None = 0,

    /// <summary>No store has a replica of the region.</summary>
    UnknownRegion = 1,

    /// <summary>The store has none.</summary>
    NoSuchPeer = 2,

    /// <summary>The members of the region do not allow it.</summary>
    NotPossible = 3,

    /// <summary>The store did not take the lead in time.</summary>
    GivenUp = 4,

    /// <summary>No leader of the region answered.</summary>
    Unavailable = 5,

    /// <summary>The key is another region's.</summary>
    KeyNotInRegion = 6,
}

/// <summary>What was asked of a region was not done.</summary>
public sealed class RegionRefusedException(RegionRefusalKind kind, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public RegionRefusalKind Kind => kind;
}

/// <summary>Numbers that nobody had before; none when placement does not answer.</summary>
internal delegate Task<ImmutableArray<ulong>> NewNumbers(int count, CancellationToken cancellation);

/// <summary>Asks the services of the stores.</summary>
/// <param name="self">This store.</param>
/// <param name="services">The service on each store.</param>
/// <param name="table">Who leads.</param>
/// <param name="numbers">Hands out numbers.</param>
/// <param name="attempt">How long one store may take.</param>
/// <param name="time">The clock.</param>
internal sealed class RegionAdmin(
    StoreId self, StoreServices services, RegionTable table, NewNumbers numbers, TimeSpan attempt, TimeProvider time)
    : IRegionAdmin
{
    /// <inheritdoc/>
    public async Task<bool> TransferLeaderAsync(RegionId region, StoreId to, CancellationToken cancellation) =>
        (await AskAsync(region, new RegionTransfer { RegionId = region.Value, ToStore = to.Value }, cancellation)).NothingToDo;

    /// <inheritdoc/>
    public async Task<MemberStep> ChangeMembersAsync(
        RegionId region, MemberGoal goal, ulong ifConfVer, CancellationToken cancellation)
    {
        var request = new RegionMembers
        {
            RegionId = region.Value,
            StoreId = goal.Store.Value,
            HasPeer = goal is MemberGoal.Voter,
            NewPeer = goal is MemberGoal.Voter voter ? voter.NewPeer.Value : 0,
            IfConfVer = ifConfVer,
        };
        var reply = await AskAsync(region, request, cancellation);
        return new MemberStep(reply.NothingToDo ? null : reply.UnderWay, reply.NeedsNumber, reply.ConfVer);
    }

    /// <inheritdoc/>
    public async Task<RegionSplit?> SplitAsync(RegionId region, ReadOnlyMemory<byte> key, CancellationToken cancellation)
    {
        var request = new SplitAt { RegionId = region.Value, Key = UnsafeByteOperations.UnsafeWrap(key) };
        var reply = await AskAsync(region, request, cancellation);
        // Once more if the members have changed meanwhile.
        for (var attempts = 0; reply.NeedsNumbers > 0 && attempts < 3; attempts++)
        {
            var given = await numbers((int)Math.Min(reply.NeedsNumbers, 1 + Configuration.MaxMembers), cancellation);
            if (given.IsEmpty)
                throw new RegionRefusedException(RegionRefusalKind.Unavailable, "placement hands out no numbers now");
            reply = await AskAsync(region, new SplitAt(request) { Numbers = { given } }, cancellation);
        }
        if (reply.NeedsNumbers > 0)
            throw new RegionRefusedException(RegionRefusalKind.Unavailable, $"the members of {region} are changing");
        return reply.NothingToDo ? null
            : new RegionSplit(RegionErrors.FromWire(reply.Left), RegionErrors.FromWire(reply.Right));
    }

    private async Task<RegionReply> AskAsync(RegionId region, object request, CancellationToken cancellation)
    {
        var without = new HashSet<ulong>();
        var search = new LeaderSearch(self, region, table, time);
        var (reply, why) = await search.AskAsync<RegionReply>(services, request, attempt, Read, cancellation);
        if (reply is null)
            throw new RegionRefusedException(RegionRefusalKind.Unavailable, $"no leader of {region} answered: {why}");
        if (reply.WithoutReplica != 0)
            throw new RegionRefusedException(RegionRefusalKind.UnknownRegion, $"no store has a replica of {region}");
        if (reply.Refusal != 0) throw new RegionRefusedException((RegionRefusalKind)reply.Refusal, reply.RefusalText);
        return reply;

        (string, ulong) Read(RegionReply answer)
        {
            if (answer.WithoutReplica != 0) without.Add(answer.WithoutReplica);
            return without.Count == services.Count ? ("", 0) : (answer.Error, answer.LeaderStore);
        }
    }
}
