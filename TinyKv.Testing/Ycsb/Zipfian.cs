namespace TinyKv.Testing.Ycsb;

/// <summary>
/// Numbers from 0 on, of which number i comes 1 / (i + 1)^0.99 as often as the first (Gray et al., "Quickly generating
/// billion-record synthetic databases", SIGMOD 1994; <c>ZipfianGenerator</c> of YCSB). Immutable.
/// </summary>
internal sealed class Zipfian
{
    private const double Skew = 0.99;
    private const double Alpha = 1 / (1 - Skew);

    private readonly double _zeta;
    private readonly double _eta;

    /// <summary>A distribution over so many numbers.</summary>
    public Zipfian(long items)
        : this(items, Zeta(0, items)) { }

    /// <summary>One whose sum is known: to compute it takes a step for each number.</summary>
    public Zipfian(long items, double zeta)
    {
        (Items, _zeta) = (items, zeta);
        _eta = (1 - Math.Pow(2.0 / items, 1 - Skew)) / (1 - Zeta(0, Math.Min(2, items)) / zeta);
    }

    /// <summary>How many numbers there are.</summary>
    public long Items { get; }

    /// <summary>The same over more numbers.</summary>
    public Zipfian GrownTo(long items) => new(items, _zeta + Zeta(Items, items));

    /// <summary>The number that belongs to <paramref name="uniform"/> of [0, 1).</summary>
    public long At(double uniform)
    {
        var scaled = uniform * _zeta;
        if (scaled < 1 || Items == 1) return 0;
        if (scaled < 1 + Math.Pow(0.5, Skew) || Items == 2) return 1;
        return Math.Min((long)(Items * Math.Pow(_eta * uniform - _eta + 1, Alpha)), Items - 1);
    }

    private static double Zeta(long from, long until)
    {
        var sum = 0.0;
        for (var i = from; i < until; i++) sum += Math.Pow(i + 1, -Skew);
        return sum;
    }
}
