using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using TinyKv.Actors.Node;
using TinyKv.Actors.Placement;
using TinyKv.Core;
using TinyKv.Core.Commands;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Server.Joining;

/// <summary>A cluster behind the gRPC ports of some of its stores, which are asked in turn.</summary>
/// <param name="endpoints">host:port of each.</param>
/// <param name="log">Is told who is waited for.</param>
internal sealed partial class ClusterEndpoints(IReadOnlyList<string> endpoints, ILogger log) : IClusterToJoin
{
    // A store looks for the placement leader for five seconds.
    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(7);

    // Who has joined only asks by the way.
    private static readonly TimeSpan ByTheWay = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan NoticeInterval = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<Registration?> RegisterAsync(RegisterStore store, bool waits, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (!waits) limit.CancelAfter(ByTheWay);
        var said = 0L;
        try
        {
            while (true)
            {
                var failures = new List<(string Endpoint, RpcException Failure)>();
                foreach (var endpoint in endpoints)
                {
                    try
                    {
                        return Registrations.Of(await AskAsync(endpoint, store, limit.Token));
                    }
                    catch (RpcException e) when (JoinFailures.RefusalOf(e) is { } refusal)
                    {
                        throw new RegistryRefusedException(refusal);
                    }
                    catch (RpcException e)
                    {
                        limit.Token.ThrowIfCancellationRequested();
                        failures.Add((endpoint, e));
                    }
                }
                if (!waits) return null;
                RefuseStrangers(failures);
                if (said == 0 || Stopwatch.GetElapsedTime(said) >= NoticeInterval)
                {
                    said = Stopwatch.GetTimestamp();
                    LogWaiting(log, string.Join("; ",
                        failures.Select(each => $"{each.Endpoint}: {JoinFailures.Describe(each.Failure)}")));
                }
                await Task.Delay(Pause, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!waits && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    // A channel for each attempt: one that has failed pauses, for longer each time.
    private static async Task<RegisterStoreResponse> AskAsync(
        string endpoint, RegisterStore store, CancellationToken cancellation)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Attempt };
        using var channel = GrpcChannel.ForAddress($"http://{endpoint}", new GrpcChannelOptions { HttpHandler = handler });
        return await new Admin.AdminClient(channel).RegisterStoreAsync(new RegisterStoreRequest
        {
            ClusterId = store.Cluster,
            DataDirectory = store.Directory.Value,
            Host = store.Addresses.Host,
            GrpcPort = (uint)store.Addresses.GrpcPort,
            StatusPort = (uint)store.Addresses.StatusPort,
            RemotingPort = (uint)store.Addresses.RemotingPort,
            RaftPort = (uint)store.Addresses.RaftPort,
            Version = store.ProgramVersion,
        }, deadline: DateTime.UtcNow + Attempt, cancellationToken: cancellation);
    }

    // One of several may be a mistake that does not matter.
    private static void RefuseStrangers(List<(string Endpoint, RpcException Failure)> failures)
    {
        if (!failures.TrueForAll(each => JoinFailures.IsOfNoStore(each.Failure))) return;
        var named = string.Join(" and ", failures.Select(each => each.Endpoint));
        throw new SettingException("tinykv.cluster.join", $"names {named}, where "
            + "something else answers than the gRPC port of a TinyKv store");
    }

    [LoggerMessage(LogLevel.Information, "Waiting for a store of the cluster to join: {Failures}")]
    private static partial void LogWaiting(ILogger log, string failures);
}
