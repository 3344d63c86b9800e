namespace TinyKv.Tests.Golden;

/// <summary>
/// A script and the trace that it must produce, divided by a line of dashes. With TINYKV_GOLDEN=update the
/// traces are rewritten, for review: a trace is right because somebody read it, not because it was
/// recorded.
/// </summary>
internal sealed class GoldenFile
{
    private const string Divider = "---\n";
    private readonly string _path;
    private readonly string _trace;

    public GoldenFile(string path)
    {
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var divider = text.IndexOf(Divider, StringComparison.Ordinal);
        _path = path;
        Script = divider < 0 ? text : text[..divider];
        _trace = divider < 0 ? "" : text[(divider + Divider.Length)..];
    }

    /// <summary>What stands above the divider.</summary>
    public string Script { get; }

    /// <summary>The scripts of a folder below Golden/scripts.</summary>
    public static IEnumerable<string> NamesIn(string folder) => Directory
        .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Golden", "scripts", folder), "*.txt")
        .Select(path => Path.GetFileNameWithoutExtension(path))
        .Order(StringComparer.Ordinal);

    /// <summary>Opens a script: the copy beside the tests, or the source to update its trace.</summary>
    public static GoldenFile Open(string folder, string name)
    {
        var root = IsUpdating ? Path.Combine(RepositoryRoot(), "TinyKv.Tests") : AppContext.BaseDirectory;
        return new GoldenFile(Path.Combine(root, "Golden", "scripts", folder, name + ".txt"));
    }

    /// <summary>Requires that the script produced this trace.</summary>
    public void Verify(string trace)
    {
        if (IsUpdating) File.WriteAllText(_path, Script + Divider + trace);
        else Assert.Equal(_trace, trace);
    }

    private static bool IsUpdating => Environment.GetEnvironmentVariable("TINYKV_GOLDEN") == "update";

    private static string RepositoryRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "TinyKv.sln"))) return at.FullName;
        throw new DirectoryNotFoundException("TinyKv.sln is not above the tests");
    }
}
