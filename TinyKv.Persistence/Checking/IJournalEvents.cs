using TinyKv.Persistence.Journal;

namespace TinyKv.Persistence.Checking;

/// <summary>A journal's events as they are stored, for reading only.</summary>
internal interface IJournalEvents : IDisposable
{
    /// <summary>What is known of the files beyond the events.</summary>
    /// <exception cref="Core.Storage.StorageFailedException">They are damaged.</exception>
    /// <exception cref="Core.TinyKvException">They cannot be read for another reason.</exception>
    void VerifyFiles();

    /// <summary>The names under which there are or were events, and the highest number that each has used.</summary>
    /// <exception cref="Core.Storage.StorageFailedException">They are damaged.</exception>
    /// <exception cref="Core.TinyKvException">They cannot be read for another reason.</exception>
    IReadOnlyList<(string Id, long Highest)> Ids();

    /// <summary>Gives the events under a name, ascending.</summary>
    /// <exception cref="Core.Storage.StorageFailedException">They are damaged.</exception>
    /// <exception cref="Core.TinyKvException">They cannot be read for another reason.</exception>
    /// <exception cref="InvalidDataException">One is none.</exception>
    void Read(string id, Action<long, EventFields> reader);
}
