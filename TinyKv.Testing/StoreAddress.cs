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

    /// <summary>The default ports of a store.</summary>
    /// <param name="host">The address.</param>
    /// <param name="index">How many stores there are before it, which may be at the same address.</param>
    public static StoreAddress Default(string host, int index) =>
        new(host, 20160 + index, 20180 + index, 4053 + index, 4073 + index);
}
