using System.Globalization;
using System.Text;

namespace TinyKv.Testing.Processes;

/// <summary>What the stores of a run have in common: where they listen, and how they are configured.</summary>
/// <param name="Name">The cluster's.</param>
/// <param name="Addresses">Of the stores that form it, in the order of their places.</param>
/// <param name="Journal">rocksdb, sqlite or postgresql.</param>
/// <param name="Settings">Lines of HOCON, for all stores; they win over the others.</param>
internal sealed record StoreLayout(
    string Name, IReadOnlyList<StoreAddress> Addresses, string Journal = "rocksdb", string Settings = "")
{
    /// <summary>Whether the program knows a Raft port; an older build, to compare with, does not.</summary>
    public bool HasRaftPort { get; init; } = true;

    /// <summary>How many form it.</summary>
    public int Stores => Addresses.Count;

    /// <summary>The configuration of a store that forms the cluster, whose number is that of its place.</summary>
    public string Config(int place, string data)
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
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.store.id = {place}");
        return AppendCommon(text, Addresses[place - 1].Host, data);
    }

    /// <summary>The configuration of a store that joins the cluster.</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="data">Its data directory.</param>
    /// <param name="endpoints">Where the others answer.</param>
    public string JoiningConfig(StoreAddress address, string data, IEnumerable<string> endpoints)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"tinykv.cluster.join = [ {string.Join(", ", endpoints.Select(each => $"\"{each}\""))} ]");
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.store.grpc-port = {address.GrpcPort}");
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.store.status-port = {address.StatusPort}");
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.store.remoting-port = {address.RemotingPort}");
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.store.raft-port = {address.RaftPort}");
        return AppendCommon(text, address.Host, data);
    }

    private string AppendCommon(StringBuilder text, string host, string data)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.store.data-directory = \"{data}\"");
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.store.bind-host = \"{host}\"");
        text.AppendLine(CultureInfo.InvariantCulture, $"tinykv.journal = {Journal}");
        text.AppendLine(Settings);
        return text.ToString();
    }
}
