namespace TinyKv.Simulation.Common;

/// <summary>Draws that plans and chaos share.</summary>
internal static class Draws
{
    /// <summary>One of the values.</summary>
    public static T Pick<T>(this Random random, params ReadOnlySpan<T> values) =>
        values[random.Next(values.Length)];

    /// <summary>True in <paramref name="percent"/> of a hundred draws.</summary>
    public static bool Percent(this Random random, int percent) => random.Next(100) < percent;
}
