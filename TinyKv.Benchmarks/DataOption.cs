using System.CommandLine;

namespace TinyKv.Benchmarks;

/// <summary>Where the stores that are measured keep their data.</summary>
internal static class DataOption
{
    /// <summary><c>--data</c>.</summary>
    public static Option<string> Create() => new("--data")
    {
        Description = "Where data goes; on a disk",
        DefaultValueFactory = _ => Directory.GetCurrentDirectory(),
    };
}
