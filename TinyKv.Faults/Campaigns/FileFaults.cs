using TinyKv.Core;

namespace TinyKv.Faults.Campaigns;

/// <summary>A bit of a store's engine turns over while the store is stopped.</summary>
internal sealed class DamagedEngine() : Fault("damaged-engine")
{
    /// <inheritdoc/>
    public override string Description =>
        "kill -9 of one store and a damaged block in its engine; 'tinykv check' must find it, and what it says must help";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var place = await context.VictimAsync(cancellation);
        var (engine, due, kills) = (Path.Combine(context.Cluster.DataOf(place), "data"), context.Now, 1);
        await context.Cluster.KillAsync(place);
        await context.Load.ServedAsync(context.Bound, cancellation);
        // What is in memory goes to tables when the store is started again.
        for (; Tables(engine).Length == 0; kills++)
        {
            context.Cluster.Start(place);
            await context.Cluster.ReadyAsync(context.Bound, cancellation);
            await context.Cluster.KillAsync(place);
        }
        var table = Tables(engine).MaxBy(file => file.Length)!;
        TurnBit(table);
        // What the beginning of the log said, no journal says any more once it is deleted: then the damage is taken back.
        if (await FoundAsync(context, place, table.Name)) Directory.Delete(engine, recursive: true);
        else TurnBit(table);
        context.Cluster.Start(place);
        return new FaultReport($"{context.Cluster.Name(place)}, {table.Name}", due, kills);
    }

    private static FileInfo[] Tables(string engine) => new DirectoryInfo(engine).GetFiles("*.sst");

    private static void TurnBit(FileInfo table)
    {
        using var file = table.Open(FileMode.Open);
        // Blocks of data come first. Of a table whose properties are damaged RocksDB does not know the name.
        file.Position = Math.Min(file.Length / 2, 10);
        var turned = (byte)(file.ReadByte() ^ 1);
        file.Position--;
        file.WriteByte(turned);
    }

    // Whether the engine can be rebuilt from the journal.
    private static async Task<bool> FoundAsync(CampaignContext context, int place, string table)
    {
        var (code, said) = await context.Cluster.CheckAsync(place);
        var rebuilds = said.Contains("What to do: move", StringComparison.Ordinal);
        if (code == 1 && said.Contains(table, StringComparison.Ordinal)
            && (rebuilds || said.Contains("its log is not all that the engine held", StringComparison.Ordinal))) return rebuilds;
        throw new TinyKvException(
            $"{table} is damaged, and tinykv check of {context.Cluster.Name(place)} ended with {code}: {said}");
    }
}
