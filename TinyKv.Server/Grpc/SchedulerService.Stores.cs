using Grpc.Core;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Scheduling;
using TinyKv.Server.Stores;
using Wire = TinyKv.Protocol.Wire;

namespace TinyKv.Server.Grpc;

// The cluster and its stores. What is asked often is answered from what this store knows; until placement knows the cluster,
// that is its configuration.
internal sealed partial class SchedulerService
{
    private const string BootstrapsItself =
        "the cluster is bootstrapped by its stores, as soon as all initial ones know each other";

    public override Task<BootstrapResponse> Bootstrap(BootstrapRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        return Task.FromResult(new BootstrapResponse
        {
            Header = store.Placement.Stores.IsBootstrapped
                ? Header(store, ErrorType.AlreadyBootstrapped, "the cluster is bootstrapped already")
                : Header(store, ErrorType.Unknown, BootstrapsItself),
        });
    }

    public override Task<IsBootstrappedResponse> IsBootstrapped(
        IsBootstrappedRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        return Task.FromResult(new IsBootstrappedResponse
        {
            Header = Header(store),
            Bootstrapped = store.Placement.Stores.IsBootstrapped,
        });
    }

    public override Task<GetStoreResponse> GetStore(GetStoreRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        var found = StoresOf(store).FirstOrDefault(each => each.Id == request.StoreId);
        return Task.FromResult(found is null
            ? new GetStoreResponse
            {
                Header = Header(store, ErrorType.Unknown, $"store {request.StoreId} is not in the cluster"),
            }
            : new GetStoreResponse { Header = Header(store), Store = found });
    }

    public override Task<GetAllStoresResponse> GetAllStores(
        GetAllStoresRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        return Task.FromResult(new GetAllStoresResponse
        {
            Header = Header(store),
            Stores =
            {
                StoresOf(store).Where(
                    each => !request.ExcludeTombstoneStores || each.State != Wire.Meta.StoreState.Tombstone),
            },
        });
    }

    // Ours register themselves, with more than this call can say.
    public override Task<PutStoreResponse> PutStore(PutStoreRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        var (id, address) = (request.Store?.Id ?? 0, request.Store?.Address ?? "");
        var found = StoresOf(store).FirstOrDefault(each => each.Id == id);
        return Task.FromResult(new PutStoreResponse
        {
            Header = found switch
            {
                null => Header(store, ErrorType.Unknown, $"store {id} is not in the cluster: stores register themselves"),
                { State: Wire.Meta.StoreState.Tombstone } =>
                    Header(store, ErrorType.StoreTombstone, $"store {id} was removed from the cluster"),
                _ when found.Address != address => Header(store, ErrorType.Unknown,
                    $"store {id} is at {found.Address}: its address is changed where it is configured, and it is restarted"),
                _ => Header(store),
            },
        });
    }

    public override async Task<StoreHeartbeatResponse> StoreHeartbeat(
        StoreHeartbeatRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        var stats = request.Stats ?? new Wire.Scheduling.StoreStats();
        return new StoreHeartbeatResponse
        {
            Header = await AnswerAsync(store, () => store.Placement.HearAsync(
                new StoreId(stats.StoreId), new Core.Placement.StoreStats(
                    (long)stats.Capacity, (long)stats.Available, (long)stats.UsedSize, (int)stats.RegionCount, LeaderCount: 0,
                    stats.StartTime * 1000L), context.CancellationToken)),
        };
    }

    public override Task<GetClusterConfigResponse> GetClusterConfig(
        GetClusterConfigRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        var stores = store.Placement.Stores;
        return Task.FromResult(new GetClusterConfigResponse
        {
            Header = stores.IsBootstrapped ? Header(store) : Header(store, ErrorType.NotBootstrapped, BootstrapsItself),
            Cluster = stores.IsBootstrapped ? new() { Id = store.ClusterId, MaxPeerCount = stores.MaxReplicas } : null,
        });
    }

    public override async Task<PutClusterConfigResponse> PutClusterConfig(
        PutClusterConfigRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        var cluster = request.Cluster ?? new Wire.Meta.Cluster();
        return new PutClusterConfigResponse
        {
            Header = await AnswerAsync(store, () => store.Placement.ChangeStoresAsync(
                new SetClusterConfig(cluster.Id, cluster.MaxPeerCount), context.CancellationToken)),
        };
    }

    private static async Task<ResponseHeader> AnswerAsync(IServedStore store, Func<Task> ask)
    {
        try
        {
            await ask();
            return Header(store);
        }
        catch (RegistryRefusedException e)
        {
            return Header(store, e.Refusal.Kind switch
            {
                RegistryRefusalKind.NotBootstrapped => ErrorType.NotBootstrapped,
                RegistryRefusalKind.StoreRemoved => ErrorType.StoreTombstone,
                _ => ErrorType.Unknown,
            }, e.Refusal.Message);
        }
    }

    private static IEnumerable<Wire.Meta.Store> StoresOf(IServedStore store) =>
        store.Placement.Stores is { IsBootstrapped: true } known
            ? known.Stores.Values.Select(ToWire) : store.Stores.Select(ToWire);

    private static Wire.Meta.Store ToWire(StoreInfo store) =>
        new() { Id = store.Id.Value, Address = store.Addresses.Grpc, State = (Wire.Meta.StoreState)store.State };

    private static Wire.Meta.Store ToWire(StoreAddress store) =>
        new() { Id = store.Id.Value, Address = store.Grpc, State = Wire.Meta.StoreState.Up };
}
