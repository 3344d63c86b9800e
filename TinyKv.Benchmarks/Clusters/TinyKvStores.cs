using System.Text.Json;
using TinyKv.Testing;
using TinyKv.Testing.Processes;

namespace TinyKv.Benchmarks.Clusters;

/// <summary>Three stores of TinyKv with its defaults, as processes.</summary>
internal static class TinyKvStores
{
    private const int Stores = 3;

    /// <summary>Starts nothing yet.</summary>
    /// <param name="directory">For data, configurations and logs.</param>
    /// <param name="journal">rocksdb, sqlite or postgresql, which <c>TINYKV_POSTGRESQL</c> says how to find.</param>
    /// <param name="program">The server's assembly; another build's to compare with.</param>
    public static ProcessCluster Create(string directory, string journal, string program)
    {
        var addresses = StoreAddress.Free(Stores);
        var layout = new StoreLayout($"benchmark-{addresses[0].GrpcPort}", addresses, journal, PostgreSql(journal));
        return new ProcessCluster(layout, program, directory);
    }

    // A HOCON string is a JSON string.
    private static string PostgreSql(string journal) => journal == "postgresql"
        && Environment.GetEnvironmentVariable("TINYKV_POSTGRESQL") is { } connection
            ? $"tinykv.postgresql.connection-string = \"{JsonEncodedText.Encode(connection)}\"" : "";
}
