using System.Text;
using System.Text.Json;
using TinyKv.Testing;
using TinyKv.Testing.Processes;

namespace TinyKv.Benchmarks.Clusters;

/// <summary>Stores of TinyKv with its defaults, as processes.</summary>
internal static class TinyKvStores
{
    /// <summary>Starts nothing yet.</summary>
    /// <param name="directory">For data, configurations and logs.</param>
    /// <param name="journal">rocksdb, sqlite or postgresql, which <c>TINYKV_POSTGRESQL</c> says how to find.</param>
    /// <param name="program">The server's assembly; another build's to compare with.</param>
    /// <param name="stores">How many.</param>
    /// <param name="settings">Lines of HOCON that win over the defaults.</param>
    public static ProcessCluster Create(
        string directory, string journal, string program, int stores = 3, string settings = "")
    {
        var addresses = StoreAddress.Free(stores);
        var layout = new StoreLayout(
            $"benchmark-{addresses[0].GrpcPort}", addresses, journal, $"{PostgreSql(journal)}\n{settings}")
        {
            HasRaftPort = KnowsRaftPort(program),
        };
        return new ProcessCluster(layout, program, directory);
    }

    private static bool KnowsRaftPort(string program) =>
        File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(program))!, "TinyKv.Actors.dll")).AsSpan()
            .IndexOf(Encoding.Unicode.GetBytes("raft-port")) >= 0;

    // A HOCON string is a JSON string.
    private static string PostgreSql(string journal) => journal == "postgresql"
        && Environment.GetEnvironmentVariable("TINYKV_POSTGRESQL") is { } connection
            ? $"tinykv.postgresql.connection-string = \"{JsonEncodedText.Encode(connection)}\"" : "";
}
