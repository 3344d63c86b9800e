using TinyKv.Core.Storage;

namespace TinyKv.Persistence.Engine;

/// <summary>The first failure of one RocksDB database, told once to whoever ends the store.</summary>
/// <param name="what">What the database is, for messages.</param>
internal sealed class RocksFailure(string what)
{
    private readonly Lock _lock = new();
    private StorageFailedException? _first;
    private Action<StorageFailedException>? _told;

    /// <summary>Calls back at the first failure, or at once when there was one.</summary>
    public void WhenFailed(Action<StorageFailedException> told)
    {
        StorageFailedException? first;
        lock (_lock)
        {
            _told += told;
            first = _first;
        }
        if (first is not null) told(first);
    }

    /// <summary>Reports what RocksDB says; returns what to throw.</summary>
    /// <param name="error">RocksDB's own words.</param>
    /// <param name="where">Which part of the database, if it is known.</param>
    public StorageFailedException Report(Exception error, string where = "")
    {
        var failure = Of(what + where, error);
        Action<StorageFailedException>? told = null;
        lock (_lock)
        {
            if (_first is null) (_first, told) = (failure, _told);
        }
        told?.Invoke(failure);
        return failure;
    }

    /// <summary>What RocksDB says, with what to do about it.</summary>
    public static StorageFailedException Of(string what, Exception error) => IsDamage(error.Message)
        ? new StorageFailedException($"{what} is damaged: {error.Message}; {Advice}", error) { IsDamage = true }
        : new StorageFailedException($"{what} has failed: {error.Message}", error);

    /// <summary>What an operator can do about damage.</summary>
    public const string Advice = "'tinykv check' says what is damaged, once the store is stopped";

    /// <summary>Whether files are to blame rather than the disk, a permission or another process.</summary>
    public static bool IsDamage(string error) => error.StartsWith("Corruption", StringComparison.Ordinal)
        || error.Contains("No such file or directory", StringComparison.Ordinal);
}
