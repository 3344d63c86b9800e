namespace TinyKv.Faults.Workload;

/// <summary>
/// The keys that are used at the moment. A key is replaced by a new one before its history becomes hard to check:
/// after some operations, or a few unknown outcomes. Thread-safe.
/// </summary>
internal sealed class LiveKeys(string prefix, int count)
{
    private const int MaxOperations = 200;
    private const int MaxUnknown = 4;

    private readonly Slot?[] _slots = new Slot?[count];
    private readonly Lock _changing = new();
    private int _made;

    /// <summary>One of the keys, and what it held when somebody looked last.</summary>
    public (string Key, long? Last) Draw(Random random)
    {
        var index = random.Next(_slots.Length);
        lock (_changing)
        {
            var slot = _slots[index];
            if (slot is null || slot.Operations >= MaxOperations || slot.Unknown >= MaxUnknown)
                _slots[index] = slot = new Slot($"{prefix}{++_made:d6}");
            slot.Operations++;
            return (slot.Key, slot.Last);
        }
    }

    /// <summary>What a key holds, as far as one client knows.</summary>
    public void NoteSeen(string key, long? value)
    {
        lock (_changing)
            if (Find(key) is { } slot) slot.Last = value;
    }

    /// <summary>The outcome of a write is not known.</summary>
    public void NoteUnknown(string key)
    {
        lock (_changing)
            if (Find(key) is { } slot) slot.Unknown++;
    }

    private Slot? Find(string key) => Array.Find(_slots, each => each?.Key == key);

    private sealed class Slot(string key)
    {
        public string Key => key;
        public int Operations { get; set; }
        public long? Last { get; set; }
        public int Unknown { get; set; }
    }
}
