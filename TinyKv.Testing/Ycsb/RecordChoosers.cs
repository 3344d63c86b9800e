namespace TinyKv.Testing.Ycsb;

/// <summary>Chooses the record that an operation is for.</summary>
internal interface IRecordChooser
{
    /// <summary>A record that is there. From any thread, if <paramref name="random"/> may be asked from it.</summary>
    long Next(Random random);
}

/// <summary>
/// Some records far more often than others, spread over all of them (<c>ScrambledZipfianGenerator</c> of YCSB).
/// </summary>
/// <param name="records">What is there.</param>
/// <param name="expected">How many records there will be at the most.</param>
internal sealed class ScrambledZipfianChooser(AcknowledgedCounter records, long expected) : IRecordChooser
{
    // YCSB's: the sum over so many numbers is not computed each time.
    private static readonly Zipfian Popularity = new(10_000_000_000, 26.46902820178302);

    /// <inheritdoc/>
    public long Next(Random random)
    {
        while (true)
        {
            var record = YcsbKeys.Hash(Popularity.At(random.NextDouble())) % expected;
            if (record <= records.Last) return record;
        }
    }
}

/// <summary>The youngest records most often (<c>SkewedLatestGenerator</c> of YCSB).</summary>
/// <param name="records">What is there; at least one is.</param>
internal sealed class LatestChooser(AcknowledgedCounter records) : IRecordChooser
{
    private readonly Lock _lock = new();
    private Zipfian _ages = new(records.Last + 1);

    /// <inheritdoc/>
    public long Next(Random random)
    {
        var age = Ages().At(random.NextDouble());
        // Never less than when the ages were taken.
        return records.Last - age;
    }

    private Zipfian Ages()
    {
        var items = records.Last + 1;
        var ages = Volatile.Read(ref _ages);
        if (ages.Items >= items) return ages;
        lock (_lock)
        {
            if (_ages.Items < items) Volatile.Write(ref _ages, _ages.GrownTo(items));
            return _ages;
        }
    }
}
