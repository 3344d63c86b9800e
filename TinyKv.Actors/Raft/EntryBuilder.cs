using TinyKv.Protocol.Commands;

namespace TinyKv.Actors.Raft;

/// <summary>
/// Puts commands that were proposed together into entries, in their order. Writes that may share one do so: what an entry
/// costs on its way through journals and followers, a hundred small writes pay once.
/// </summary>
internal sealed class EntryBuilder
{
    // Beyond that there is nothing left to share, and arrays of 85,000 bytes are collected with the whole heap only.
    private const int MaxSharedBytes = 64 * 1024;

    private readonly List<ReadOnlyMemory<byte>> _entries = [];
    private readonly List<ReadOnlyMemory<byte>> _shared = [];
    private int _sharedBytes;

    /// <summary>How many entries there are, with the one that the last command went into.</summary>
    public int Count => _entries.Count + (_shared.Count > 0 ? 1 : 0);

    /// <summary>Adds a command to the last entry, or begins one.</summary>
    public void Add(ReadOnlyMemory<byte> command, bool mayShare)
    {
        if (!mayShare || _sharedBytes + command.Length > MaxSharedBytes) Close();
        if (!mayShare)
        {
            _entries.Add(command);
            return;
        }
        _shared.Add(command);
        _sharedBytes += command.Length;
    }

    /// <summary>The content of the entries. Nothing is added any more.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Build()
    {
        Close();
        return _entries;
    }

    private void Close()
    {
        if (_shared.Count > 0) _entries.Add(_shared.Count == 1 ? _shared[0] : CommandCodec.Join(_shared));
        _shared.Clear();
        _sharedBytes = 0;
    }
}
