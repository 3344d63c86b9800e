using System.Diagnostics;
using TinyKv.Testing;
using TinyKv.Testing.Processes;

namespace TinyKv.Benchmarks.Clusters;

/// <summary>Three members of etcd, as it is configured by default, its quota for data raised.</summary>
internal sealed class EtcdCluster(string directory) : ServerGroup
{
    // Old revisions count, and nothing is compacted during a run; the default of 2 GB ends long ones.
    private const long QuotaBytes = 8L * 1024 * 1024 * 1024;
    private const int Members = 3;

    // For clients and for peers, member by member.
    private readonly int _firstPort = FreePorts.TakeRange(2 * Members);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Endpoints =>
        [.. Enumerable.Range(0, Members).Select(index => $"127.0.0.1:{_firstPort + 2 * index}")];

    /// <inheritdoc/>
    protected override ProcessStartInfo Command(int member) => ParentGuard.Of(
        "etcd", "--name", Name(member), "--data-dir", Path.Combine(directory, Name(member)),
        "--listen-client-urls", ClientUrl(member), "--advertise-client-urls", ClientUrl(member),
        "--listen-peer-urls", PeerUrl(member), "--initial-advertise-peer-urls", PeerUrl(member),
        "--initial-cluster", string.Join(',', All.Select(each => $"{Name(each)}={PeerUrl(each)}")),
        "--initial-cluster-token", $"benchmark-{_firstPort}", "--initial-cluster-state", "new",
        "--quota-backend-bytes", $"{QuotaBytes}", "--log-level", "warn");

    /// <inheritdoc/>
    protected override string LogOf(int member) => Path.Combine(directory, $"{Name(member)}.log");

    /// <inheritdoc/>
    public override string Name(int member) => $"member-{member}";

    private string ClientUrl(int member) => $"http://{Endpoints[member - 1]}";

    private string PeerUrl(int member) => $"http://127.0.0.1:{_firstPort + 2 * member - 1}";
}
