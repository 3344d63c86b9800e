namespace TinyKv.Faults.Workload;

/// <summary>
/// The keys that are used at the moment. A key is replaced by a new one before its history becomes hard to check:
/// after some operations, or a few unknown outcomes. Thread-safe.
/// </summary>
internal sealed class LiveKeys(string prefix, int count)
{
    private const int MaxOperations = 200;
    private const int MaxUnknown = 4;

    private readonly LiveKey?[] _keys = new LiveKey?[count];
    private readonly Queue<LiveKey> _retired = new();
    private readonly Lock _changing = new();
    private int _made;

    /// <summary>One of the keys, and what it held when somebody looked last. Is to be released.</summary>
    public (LiveKey Key, long? Last) Draw(Random random)
    {
        var index = random.Next(_keys.Length);
        lock (_changing)
        {
            var key = _keys[index];
            if (key is null || key.Operations >= MaxOperations || key.Unknown >= MaxUnknown)
            {
                if (key is not null) _retired.Enqueue(key);
                _keys[index] = key = new LiveKey($"{prefix}{++_made:d6}");
            }
            key.Operations++;
            key.UnderWay++;
            return (key, key.Last);
        }
    }

    /// <summary>What a key holds, as far as one client knows.</summary>
    public void NoteSeen(LiveKey key, long? value)
    {
        lock (_changing) key.Last = value;
    }

    /// <summary>The outcome of a write is not known.</summary>
    public void NoteUnknown(LiveKey key)
    {
        lock (_changing) key.Unknown++;
    }

    /// <summary>What somebody has drawn a key for is over, and noted.</summary>
    public void Release(LiveKey key)
    {
        lock (_changing) key.UnderWay--;
    }

    /// <summary>Takes the oldest of the keys that nobody uses any more.</summary>
    /// <param name="keep">How many of these keys are left.</param>
    public IReadOnlyList<string> TakeRetired(int keep)
    {
        var taken = new List<string>();
        lock (_changing)
            while (_retired.Count > keep && _retired.Peek().UnderWay == 0) taken.Add(_retired.Dequeue().Name);
        return taken;
    }
}

/// <summary>A key, and what is known of it; that is kept by <see cref="LiveKeys"/>.</summary>
internal sealed class LiveKey(string name)
{
    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>How often it was drawn.</summary>
    public int Operations { get; set; }

    /// <summary>How often it was drawn and not released yet.</summary>
    public int UnderWay { get; set; }

    /// <summary>How many of its writes have an unknown outcome.</summary>
    public int Unknown { get; set; }

    /// <summary>What it held when somebody looked last.</summary>
    public long? Last { get; set; }
}
