namespace TinyKv.Tests.Persistence;

/// <summary>The files of a store.</summary>
internal static class StoreFiles
{
    /// <summary>Copies a data directory, also one of a running store.</summary>
    public static void Copy(string from, string to)
    {
        // The engine before the journal: what happens meanwhile must not look as if the one were ahead of the other.
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(from, file);
            if (name == "lock") continue;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, name))!);
            // What is written beside its file until it is whole may go at any moment.
            if (name.EndsWith(".tmp", StringComparison.Ordinal)) continue;
            File.Copy(file, Path.Combine(to, name));
        }
    }
}
