using TinyKv.Persistence.Journal;

namespace TinyKv.Persistence.Checking;

/// <summary>The events of the RocksDB journal.</summary>
internal sealed class RocksEvents(string directory) : IJournalEvents
{
    private readonly RocksLog _log = RocksLog.OpenReadOnly(directory);

    /// <inheritdoc/>
    public void VerifyFiles() => _log.VerifyChecksums();

    /// <inheritdoc/>
    public IReadOnlyList<(string Id, long Highest)> Ids() => _log.Ids();

    /// <inheritdoc/>
    public void Read(string id, Action<long, EventFields> reader) => _log.Read(
        id, 0, long.MaxValue, long.MaxValue, (number, value) => reader(number, EventCodec.Split(id, number, value)),
        CancellationToken.None);

    /// <inheritdoc/>
    public void Dispose() => _log.Dispose();
}
