using System.Globalization;
using System.Text;

namespace TinyKv.Testing.Processes;

/// <summary>What the stores of a run have in common: where they listen, and how they are configured.</summary>
/// <param name="Name">The cluster's.</param>
/// <param name="Addresses">In the order of the stores.</param>
/// <param name="Journal">rocksdb, sqlite or postgresql.</param>
/// <param name="Settings">Lines of HOCON, for all stores; they win over the others.</param>
internal sealed record StoreLayout(
    string Name, IReadOnlyList<StoreAddress> Addresses, string Journal = "rocksdb", string Settings = "")
{
    /// <summary>Whether the program knows a Raft port; an older build, to compare with, does not.</summary>
    public bool HasRaftPort { get; init; } = true;

    /// <summary>How many there are.</summary>
    public int Stores => Addresses.Count;

    /// <summary>Where clients find them over gRPC.</summary>
    public IReadOnlyList<string> Endpoints => [.. Addresses.Select(store => $"{store.Host}:{store.GrpcPort}")];

    /// <summary>Where clients find them over Akka.Remote.</summary>
    public IReadOnlyList<string> RemotingEndpoints =>
        [.. Addresses.Select(store => $"{store.Host}:{store.RemotingPort}")];

    /// <summary>The page that says whether a store is ready.</summary>
    public Uri Ready(int store) =>
        new($"http://{Addresses[store - 1].Host}:{Addresses[store - 1].StatusPort}/health/ready");

    /// <summary>The configuration of one store.</summary>
    public string Config(int store, string data)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.cluster.name = \"{Name}\"");
        text.AppendLine("tinykv.cluster.stores = [");
        foreach (var (index, address) in Addresses.Index())
            text.AppendLine(CultureInfo.InvariantCulture,
                $"  {{ id = {index + 1}, host = \"{address.Host}\", grpc-port = {address.GrpcPort}, "
                + $"status-port = {address.StatusPort}, remoting-port = {address.RemotingPort}"
                + $"{(HasRaftPort ? $", raft-port = {address.RaftPort}" : "")} }}");
        text.AppendLine("]");
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.store.id = {store}");
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.store.data-directory = \"{data}\"");
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.store.bind-host = \"{Addresses[store - 1].Host}\"");
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.journal = {Journal}");
        text.AppendLine(Settings);
        return text.ToString();
    }
}
