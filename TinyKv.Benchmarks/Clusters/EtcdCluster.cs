namespace TinyKv.Benchmarks.Clusters;

/// <summary>Three members of etcd, as it is configured by default, its quota for data raised.</summary>
internal sealed class EtcdCluster(string directory, int basePort) : ServerCluster
{
    // Old revisions count, and nothing is compacted during a run; the default of 2 GB ends long ones.
    private const long QuotaBytes = 8L * 1024 * 1024 * 1024;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Endpoints { get; } =
        [.. Enumerable.Range(0, Members).Select(index => $"127.0.0.1:{basePort + 2 * index}")];

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Command(int index) =>
    [
        "etcd", "--name", $"member-{index}", "--data-dir", Path.Combine(directory, $"member-{index}"),
        "--listen-client-urls", $"http://{Endpoints[index]}", "--advertise-client-urls", $"http://{Endpoints[index]}",
        "--listen-peer-urls", PeerUrl(index), "--initial-advertise-peer-urls", PeerUrl(index),
        "--initial-cluster", string.Join(',', Enumerable.Range(0, Members).Select(i => $"member-{i}={PeerUrl(i)}")),
        "--initial-cluster-token", $"benchmark-{basePort}", "--initial-cluster-state", "new",
        "--quota-backend-bytes", $"{QuotaBytes}", "--log-level", "warn",
    ];

    /// <inheritdoc/>
    protected override string LogFile(int index) => Path.Combine(directory, $"member-{index}.log");

    private string PeerUrl(int index) => $"http://127.0.0.1:{basePort + 2 * index + 1}";
}
