using System.Runtime.CompilerServices;

namespace TinyKv.Tests.Architecture;

/// <summary>The source tree that these tests were compiled from.</summary>
internal static class Repository
{
    private static readonly string[] Excluded = ["artifacts", ".git", "bin", "obj", "node_modules", "TestResults"];

    /// <summary>The folder with the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The projects, by name.</summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Directory.GetDirectories(Root, "TinyKv.*").Select(Path.GetFileName).OfType<string>().Order()];

    /// <summary>Files below the root with one of the extensions, as paths relative to the root.</summary>
    public static IEnumerable<string> Files(params string[] extensions) =>
        Walk(Root).Where(file => extensions.Contains(Path.GetExtension(file), StringComparer.Ordinal))
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/')).Order(StringComparer.Ordinal);

    /// <summary>Whether a file or folder exists at a path relative to the root.</summary>
    public static bool Has(string path) =>
        File.Exists(Path.Combine(Root, path)) || Directory.Exists(Path.Combine(Root, path));

    /// <summary>The text of a file at a path relative to the root.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder)) yield return file;
        foreach (var child in Directory.EnumerateDirectories(folder))
        {
            if (Excluded.Contains(Path.GetFileName(child), StringComparer.Ordinal)) continue;
            foreach (var file in Walk(child)) yield return file;
        }
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(here)!);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "TinyKv.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"no TinyKv.sln above {here}");
    }
}
