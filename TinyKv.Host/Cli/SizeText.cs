using System.Globalization;

namespace TinyKv.Host.Cli;

/// <summary>Sizes for people.</summary>
internal static class SizeText
{
    /// <summary>A number of bytes in the unit that leaves few digits.</summary>
    public static string Of(long bytes) => bytes switch
    {
        < 10_240 => $"{bytes} B",
        < 10_240 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
        < 10_240L * 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.0} GiB"),
    };
}
