using System.Collections.Immutable;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Transport;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Placement;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Placement;

/// <summary>Asks the service of the placement leader, on whichever store it is.</summary>
internal sealed class PlacementClient(
    StoreId self, StoreServices services, StoreServices stores, RegionTable table, StoreTable directory, TimeProvider time)
    : IPlacement
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromMilliseconds(1500);

    private readonly LeaderSearch _search = new(self, RegionId.Placement, table, time);

    /// <inheritdoc/>
    public StoreId? Leader => _search.Leader;

    /// <inheritdoc/>
    public RegionMap<LocatedRegion> Regions => table.Regions;

    /// <inheritdoc/>
    public async Task<ulong> AllocateIdAsync(CancellationToken cancellation) =>
        (await AskAsync(new PlacementAllocateId(), cancellation)).Id;

    /// <summary>Some ids that were never handed out before; none when no leader answers.</summary>
    public async Task<ImmutableArray<ulong>> AllocateIdsAsync(int count, CancellationToken cancellation)
    {
        try
        {
            return [.. await Task.WhenAll(Enumerable.Range(0, count).Select(_ => AllocateIdAsync(cancellation)))];
        }
        catch (PlacementUnavailableException)
        {
            return [];
        }
    }

    /// <inheritdoc/>
    public StoreDirectory Stores => directory.Current;

    /// <inheritdoc/>
    public async Task<StoreList> ListStoresAsync(CancellationToken cancellation)
    {
        var reply = await AskStoresAsync(new PlacementListStores(), cancellation);
        return new StoreList(StoreDirectory.Empty.With(StoreWire.FromWire(reply.Changes)),
            [.. reply.Conditions.Select(each => new StoreReport(
                new StoreId(each.StoreId), (Core.Placement.StoreCondition)each.Condition,
                TimeSpan.FromMilliseconds(each.SilenceMs), each.Stats is { } stats ? StoreWire.FromWire(stats) : null))]);
    }

    /// <inheritdoc/>
    public async Task<StoreDirectory> ChangeStoresAsync(Core.Commands.Command command, CancellationToken cancellation)
    {
        var wire = StoreCommands.ToWire(command)
            ?? throw new ArgumentException($"{command.GetType()} is not about stores", nameof(command));
        var reply = await AskStoresAsync(new PlacementChange { Command = wire }, cancellation);
        return StoreDirectory.Empty.With(StoreWire.FromWire(reply.Changes));
    }

    /// <inheritdoc/>
    public Task HearAsync(StoreId store, Core.Placement.StoreStats stats, CancellationToken cancellation) => AskStoresAsync(
        new PlacementHeartbeat { StoreId = store.Value, Version = long.MaxValue, Stats = StoreWire.ToWire(stats) }, cancellation);

    private async Task<StoresReply> AskStoresAsync(object request, CancellationToken cancellation)
    {
        var reply = await AskAsync<StoresReply>(
            stores, request, answer => (answer.Error, answer.LeaderStore), cancellation);
        return reply.Refusal == 0 ? reply : throw new RegistryRefusedException(
            new RegistryRefusal((RegistryRefusalKind)reply.Refusal, reply.RefusalText));
    }

    /// <inheritdoc/>
    public async Task<Timestamp> AllocateTimestampsAsync(int count, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(count, (int)TimestampOracle.LogicalEnd);
        var reply = await AskAsync(new PlacementAllocateTimestamps { Count = (uint)count }, cancellation);
        return new Timestamp(reply.Physical, reply.Logical);
    }

    private Task<PlacementReply> AskAsync(object request, CancellationToken cancellation) =>
        AskAsync<PlacementReply>(services, request, reply => (reply.Error, reply.LeaderStore), cancellation);

    private async Task<TReply> AskAsync<TReply>(
        StoreServices asked, object request, Func<TReply, (string Error, ulong Leader)> read,
        CancellationToken cancellation) where TReply : class
    {
        var (reply, why) = await _search.AskAsync(asked, request, AttemptTimeout, read, cancellation);
        return reply ?? throw new PlacementUnavailableException(
            $"no placement leader answered within {LeaderSearch.Total.TotalSeconds} s: {why}");
    }
}
