using System.Globalization;
using TinyKv.Testing.Processes;

namespace TinyKv.Benchmarks.Growth;

/// <summary>What a store occupies, in bytes.</summary>
/// <param name="Memory">Resident memory of its process.</param>
/// <param name="Journal">Files of its journal.</param>
/// <param name="Engine">Files of its engine.</param>
internal readonly record struct StoreSize(long Memory, long Journal, long Engine)
{
    /// <summary>The larger of each.</summary>
    public StoreSize Max(StoreSize other) => new(
        Math.Max(Memory, other.Memory), Math.Max(Journal, other.Journal), Math.Max(Engine, other.Engine));

    /// <summary>Of a store that runs, now.</summary>
    public static StoreSize Of(ProcessCluster cluster, int store) => new(
        ResidentMemory(cluster[store].Id),
        FilesBelow(Path.Combine(cluster.DataOf(store), "journal")),
        FilesBelow(Path.Combine(cluster.DataOf(store), "data")));

    private static long ResidentMemory(int processId)
    {
        const string Field = "VmRSS:";
        var line = File.ReadLines($"/proc/{processId}/status")
            .First(line => line.StartsWith(Field, StringComparison.Ordinal));
        return 1024 * long.Parse(line[Field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }

    private static long FilesBelow(string directory)
    {
        var bytes = 0L;
        foreach (var file in new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            try
            {
                bytes += file.Length;
            }
            catch (FileNotFoundException)
            {
                // A compaction has deleted it meanwhile.
            }
        }
        return bytes;
    }
}
