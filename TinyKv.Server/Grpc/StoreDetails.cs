using TinyKv.Actors.Placement;
using TinyKv.Core.Placement;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Server.Grpc;

/// <summary>What placement knows of a store, for tools.</summary>
internal static class StoreDetails
{
    public static StoreDetail Of(StoreInfo store, StoreReport? report) => new()
    {
        StoreId = store.Id.Value,
        State = store.State.ToString().ToLowerInvariant(),
        Condition = report is null ? "" : report.Condition.ToString().ToLowerInvariant(),
        GrpcEndpoint = store.Addresses.Grpc,
        StatusEndpoint = store.Addresses.Status,
        RemotingEndpoint = store.Addresses.Remoting,
        RaftEndpoint = store.Addresses.Raft,
        DataDirectory = store.Directory.ToString(),
        Labels = { store.Labels },
        Version = store.ProgramVersion,
        Revision = store.Version,
        SilenceMs = (long)(report?.Silence.TotalMilliseconds ?? 0),
        Usage = report?.Stats is { } stats ? UsageOf(stats) : null,
    };

    private static StoreUsage UsageOf(StoreStats stats) => new()
    {
        CapacityBytes = stats.CapacityBytes,
        AvailableBytes = stats.AvailableBytes,
        UsedBytes = stats.UsedBytes,
        RegionCount = stats.RegionCount,
        LeaderCount = stats.LeaderCount,
        StartedMs = stats.StartedMs,
    };
}
