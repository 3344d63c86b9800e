namespace TinyKv.Testing;

/// <summary>A temporary directory that goes when it is disposed.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    /// <summary>The directory.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("tinykv-cluster-").FullName;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
    }
}
