using System.Text;

namespace TinyKv.Testing.Processes;

/// <summary>What the stores of a run have in common: where they listen, and how they are configured.</summary>
/// <param name="Name">The cluster's.</param>
/// <param name="Hosts">The addresses, in the order of the stores; one address may be used by all.</param>
/// <param name="Journal">rocksdb, sqlite or postgresql.</param>
/// <param name="Settings">Lines of HOCON, for all stores.</param>
internal sealed record StoreLayout(string Name, IReadOnlyList<string> Hosts, string Journal, string Settings = "")
{
    private const int Grpc = 20160;
    private const int Status = 20180;
    private const int Remoting = 4053;

    /// <summary>How many there are.</summary>
    public int Stores => Hosts.Count;

    /// <summary>Where clients find them over gRPC.</summary>
    public IReadOnlyList<string> Endpoints => [.. Enumerable.Range(0, Stores).Select(i => $"{Hosts[i]}:{Grpc + i}")];

    /// <summary>Where clients find them over Akka.Remote.</summary>
    public IReadOnlyList<string> RemotingEndpoints =>
        [.. Enumerable.Range(0, Stores).Select(i => $"{Hosts[i]}:{Remoting + i}")];

    /// <summary>The page that says whether a store is ready.</summary>
    public Uri Ready(int store) => new($"http://{Hosts[store - 1]}:{Status + store - 1}/health/ready");

    /// <summary>The configuration of one store.</summary>
    public string Config(int store, string data)
    {
        var text = new StringBuilder();
        text.AppendLine($"tinykv.cluster.name = \"{Name}\"");
        text.AppendLine("tinykv.cluster.stores = [");
        for (var i = 0; i < Stores; i++)
            text.AppendLine($"  {{ id = {i + 1}, host = \"{Hosts[i]}\", grpc-port = {Grpc + i}, " +
                $"status-port = {Status + i}, remoting-port = {Remoting + i} }}");
        text.AppendLine("]");
        text.AppendLine($"tinykv.store.id = {store}");
        text.AppendLine($"tinykv.store.data-directory = \"{data}\"");
        text.AppendLine($"tinykv.store.bind-host = \"{Hosts[store - 1]}\"");
        text.AppendLine($"tinykv.journal = {Journal}");
        text.AppendLine(Settings);
        return text.ToString();
    }
}
