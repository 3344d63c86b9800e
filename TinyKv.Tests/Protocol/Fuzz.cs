using System.Globalization;

namespace TinyKv.Tests.Protocol;

/// <summary>How long decoders are fuzzed. CsCheck prints the seed of what fails.</summary>
internal static class Fuzz
{
    /// <summary>The inputs of one test: as many as TINYKV_FUZZ_ITERATIONS says, or <paramref name="usual"/>.</summary>
    public static long Iterations(long usual = 3_000) =>
        Environment.GetEnvironmentVariable("TINYKV_FUZZ_ITERATIONS") is { } text
            ? long.Parse(text, CultureInfo.InvariantCulture) : usual;
}
