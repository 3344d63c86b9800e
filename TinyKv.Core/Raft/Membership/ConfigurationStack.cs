using TinyKv.Core.Regions;

namespace TinyKv.Core.Raft.Membership;

/// <summary>
/// The configurations of a log, by the index of the entries that hold them: the one before the beginning of the log, then
/// one for each such entry. Each is in force from its entry on, committed or not, and goes when its entry is replaced.
/// </summary>
internal sealed class ConfigurationStack(long index, Configuration first)
{
    private readonly List<(long Index, Configuration Configuration)> _configurations = [(index, first)];

    /// <summary>The one in force at the end of the log.</summary>
    public Configuration Current => _configurations[^1].Configuration;

    /// <summary>The index of the entry that <see cref="Current"/> is from; of the first one, where the log began.</summary>
    public long Index => _configurations[^1].Index;

    /// <summary>The one before <see cref="Current"/>, while the log has the entry that changed it.</summary>
    public Configuration? Previous => _configurations.Count > 1 ? _configurations[^2].Configuration : null;

    /// <summary>The one in force at an index: what the first entry at or before it says.</summary>
    public Configuration At(long index)
    {
        for (var i = _configurations.Count - 1; i > 0; i--)
            if (_configurations[i].Index <= index) return _configurations[i].Configuration;
        return _configurations[0].Configuration;
    }

    /// <summary>Who has, or had, this number, as far as it is known: also of those that were removed.</summary>
    public Peer? Find(PeerId peer)
    {
        for (var i = _configurations.Count - 1; i >= 0; i--)
            if (_configurations[i].Configuration.Find(peer) is { } known) return known;
        return null;
    }

    /// <summary>An entry with a configuration was appended.</summary>
    public void Push(long index, Configuration configuration)
    {
        Invariant.Holds(index > Index, $"a configuration at {index} behind one at {Index}");
        _configurations.Add((index, configuration));
    }

    /// <summary>The entries from <paramref name="index"/> on are replaced.</summary>
    public void Truncate(long index)
    {
        while (_configurations.Count > 1 && Index >= index) _configurations.RemoveAt(_configurations.Count - 1);
    }

    /// <summary>Another log takes the place of this one.</summary>
    public void Reset(long index, Configuration configuration)
    {
        _configurations.Clear();
        _configurations.Add((index, configuration));
    }

    /// <summary>The log begins behind <paramref name="index"/> now.</summary>
    public void Compact(long index)
    {
        var inForce = _configurations.FindLastIndex(known => known.Index <= index);
        if (inForce > 0) _configurations.RemoveRange(0, inForce);
    }
}
