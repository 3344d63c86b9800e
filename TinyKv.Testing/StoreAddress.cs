using System.Globalization;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Testing;

/// <summary>Where one store listens.</summary>
internal readonly record struct StoreAddress(string Host, int GrpcPort, int StatusPort, int RemotingPort, int RaftPort)
{
    /// <summary>Free ports of the loopback interface for some stores.</summary>
    public static IReadOnlyList<StoreAddress> Free(int stores)
    {
        var first = FreePorts.TakeRange(4 * stores);
        return [.. Enumerable.Range(0, stores).Select(i => first + 4 * i)
            .Select(port => new StoreAddress("127.0.0.1", port, port + 1, port + 2, port + 3))];
    }

    /// <summary>Where clients find it over gRPC.</summary>
    public string Endpoint => $"{Host}:{GrpcPort}";

    /// <summary>Where clients find it over Akka.Remote.</summary>
    public string RemotingEndpoint => $"{Host}:{RemotingPort}";

    /// <summary>The page that says whether it is ready.</summary>
    public Uri Ready => new($"http://{Host}:{StatusPort}/health/ready");

    /// <summary>Where placement says that a store is.</summary>
    public static StoreAddress Of(StoreDetail store) => new(
        HostOf(store.GrpcEndpoint), PortOf(store.GrpcEndpoint), PortOf(store.StatusEndpoint), PortOf(store.RemotingEndpoint),
        PortOf(store.RaftEndpoint));

    private static string HostOf(string endpoint) => endpoint[..endpoint.LastIndexOf(':')];

    private static int PortOf(string endpoint) =>
        int.Parse(endpoint.AsSpan(endpoint.LastIndexOf(':') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The default ports of a store.</summary>
    /// <param name="host">The address.</param>
    /// <param name="index">How many stores there are before it, which may be at the same address.</param>
    public static StoreAddress Default(string host, int index) =>
        new(host, 20160 + index, 20180 + index, 4053 + index, 4073 + index);
}
