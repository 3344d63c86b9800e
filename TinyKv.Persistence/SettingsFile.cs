using System.Globalization;

namespace TinyKv.Persistence;

/// <summary>Reads files with settings, whatever a path leads to.</summary>
public static class SettingsFile
{
    /// <summary>The most bytes that are read.</summary>
    public const int MaxBytes = 1 << 20;

    // A named pipe that nobody writes to, or a server that is away.
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The whole text of a file, UTF-8 unless its first bytes say otherwise. Blocks.</summary>
    /// <param name="path">The file, or a pipe.</param>
    /// <param name="timeout">How long all of it may take; null: ten seconds.</param>
    /// <exception cref="IOException">It cannot be read, is too large or does not come; the message says only
    /// which.</exception>
    public static string Read(string path, TimeSpan? timeout = null)
    {
        var bound = timeout ?? ReadTimeout;
        try
        {
            return Task.Run(() => ReadAll(path)).WaitAsync(bound).GetAwaiter().GetResult();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException
            or TimeoutException)
        {
            throw new IOException(failure switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is no such file",
                UnauthorizedAccessException when Directory.Exists(path) => "it is a directory",
                UnauthorizedAccessException => "this user may not read it",
                ArgumentException => "no file has such a name",
                TimeoutException => string.Create(CultureInfo.InvariantCulture,
                    $"it has not come to its end within {bound.TotalSeconds} s; is it a pipe that nobody writes to?"),
                _ => failure.Message,
            }, failure);
        }
    }

    private static string ReadAll(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var bytes = new byte[MaxBytes + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > MaxBytes) throw new IOException($"it is larger than {MaxBytes >> 20} MiB, which no settings are");
        using var reader = new StreamReader(new MemoryStream(bytes, 0, length));
        return reader.ReadToEnd();
    }
}
