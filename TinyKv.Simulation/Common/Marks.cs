using System.Runtime.CompilerServices;

namespace TinyKv.Simulation.Common;

/// <summary>How often each state was reached.</summary>
internal sealed class Marks<TMark> where TMark : struct, Enum
{
    private readonly long[] _counts = new long[Enum.GetValues<TMark>().Length];

    /// <summary>How often <paramref name="mark"/> was reached.</summary>
    public long this[TMark mark] => _counts[IndexOf(mark)];

    /// <summary>The states that were never reached.</summary>
    public IEnumerable<TMark> Missing => Enum.GetValues<TMark>().Where(mark => this[mark] == 0);

    /// <summary>A state is reached.</summary>
    public void Hit(TMark mark) => _counts[IndexOf(mark)]++;

    /// <summary>A state is reached if <paramref name="condition"/> holds.</summary>
    public void HitIf(bool condition, TMark mark)
    {
        if (condition) Hit(mark);
    }

    /// <summary>Adds the counts of another run.</summary>
    public void Add(Marks<TMark> other)
    {
        for (var i = 0; i < _counts.Length; i++) _counts[i] += other._counts[i];
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Join('\n', Enum.GetValues<TMark>().Select(mark => $"{this[mark],12:N0}  {mark}"));

    private static int IndexOf(TMark mark) => Unsafe.As<TMark, int>(ref mark);
}
