using System.Text;
using TinyKv.Client;
using TinyKv.Testing.Linearizability;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Workload;

/// <summary>The .NET client, which finds the leader by itself.</summary>
internal sealed class LeaderFindingClient : IWorkloadClient
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly TinyKvClient _client;

    private LeaderFindingClient(string name, TinyKvClient client) => (Name, _client) = (name, client);

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Connects over gRPC.</summary>
    public static async Task<IWorkloadClient> OverGrpcAsync(ProcessCluster cluster) => new LeaderFindingClient("gRPC",
        await TinyKvClient.ConnectAsync(new TinyKvClientOptions { Endpoints = cluster.Endpoints, Timeout = CallTimeout }));

    /// <summary>Connects over Akka.Remote, with an actor system of its own.</summary>
    public static async Task<IWorkloadClient> OverRemotingAsync(ProcessCluster cluster) => new LeaderFindingClient("remoting",
        await TinyKvClient.ConnectAsync(
            new TinyKvRemotingOptions { Endpoints = cluster.RemotingEndpoints, Timeout = CallTimeout }));

    /// <inheritdoc/>
    public async Task<RegisterOutput> CallAsync(string key, RegisterInput input, CancellationToken cancellation)
    {
        var (raw, name) = (_client.Raw, Encoding.UTF8.GetBytes(key));
        switch (input)
        {
            case RegisterInput.Get:
                return new RegisterOutput.Found(SizedValue.Decode(await raw.GetAsync(name, cancellation: cancellation)));
            case RegisterInput.Put put:
                await raw.PutAsync(name, SizedValue.Encode(put.Value), cancellation: cancellation);
                return new RegisterOutput.Done();
            case RegisterInput.Delete:
                await raw.DeleteAsync(name, cancellation: cancellation);
                return new RegisterOutput.Done();
            case RegisterInput.PutIfAbsent put:
                return Swapped(await raw.PutIfAbsentAsync(
                    name, SizedValue.Encode(put.Value), cancellation: cancellation));
            case RegisterInput.CompareAndSet swap:
                return Swapped(await raw.CompareAndSetAsync(
                    name, SizedValue.Encode(swap.Expected), SizedValue.Encode(swap.Desired), cancellation: cancellation));
            default:
                throw new ArgumentException($"unknown call {input}", nameof(input));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private static RegisterOutput.Swapped Swapped(CompareAndSetResult result) =>
        new(result.Succeeded, SizedValue.Decode(result.Previous));
}
