using System.Globalization;
using TinyKv.Actors.Node;
using TinyKv.Core;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Server.Joining;

/// <summary>What a cluster answers to a store that registers.</summary>
internal static class Registrations
{
    /// <summary>The answer of a message.</summary>
    /// <exception cref="TinyKvException">It is none: who answers is of another version.</exception>
    public static Registration Of(RegisterStoreResponse reply)
    {
        try
        {
            return new Registration(reply.ClusterName, StoreDirectory.Of(
                reply.ClusterId, reply.MaxReplicas, reply.Revision, reply.Stores.Concat(reply.Removed).Select(Of)));
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            throw new TinyKvException($"the answer of a store of cluster '{reply.ClusterName}' cannot be read: {e.Message}", e);
        }
    }

    private static StoreInfo Of(StoreDetail store) => new()
    {
        Id = new StoreId(store.StoreId),
        Directory = new DirectoryId(
            ulong.Parse(store.DataDirectory, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)),
        Addresses = new StoreAddresses(
            Address(store.GrpcEndpoint).Host, Address(store.GrpcEndpoint).Port, Address(store.StatusEndpoint).Port,
            Address(store.RemotingEndpoint).Port, Address(store.RaftEndpoint).Port),
        Labels = StoreInfo.NoLabels.AddRange(store.Labels),
        State = Enum.Parse<StoreState>(store.State, ignoreCase: true),
        ProgramVersion = store.Version,
        Version = store.Revision,
    };

    private static HostPort Address(string text) =>
        HostPort.TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is no address");
}
