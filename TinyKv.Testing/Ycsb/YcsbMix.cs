namespace TinyKv.Testing.Ycsb;

/// <summary>How YCSB's workloads choose records.</summary>
internal enum KeyChoice
{
    /// <summary>Some far more often than others, spread over all records.</summary>
    Zipfian,

    /// <summary>The youngest most often.</summary>
    Latest,
}

/// <summary>What a workload of YCSB does, in parts of a hundred.</summary>
/// <param name="Name">A letter.</param>
/// <param name="Read">Reads of a record.</param>
/// <param name="Update">Writes of a record that is there, all of its fields.</param>
/// <param name="Insert">Writes of a new record.</param>
/// <param name="Scan">Reads of 1 to 100 records, uniformly drawn, from one on.</param>
/// <param name="Modify">Reads of a record that are followed by a write of it with one field changed.</param>
/// <param name="Choice">Which records.</param>
internal sealed record YcsbMix(
    string Name, int Read, int Update, int Insert, int Scan, int Modify, KeyChoice Choice = KeyChoice.Zipfian)
{
    /// <summary>The workloads in the order in which they are run: those that insert records come last.</summary>
    public static IReadOnlyList<YcsbMix> All { get; } =
    [
        new("A", Read: 50, Update: 50, Insert: 0, Scan: 0, Modify: 0),
        new("B", Read: 95, Update: 5, Insert: 0, Scan: 0, Modify: 0),
        new("C", Read: 100, Update: 0, Insert: 0, Scan: 0, Modify: 0),
        new("F", Read: 50, Update: 0, Insert: 0, Scan: 0, Modify: 50),
        new("D", Read: 95, Update: 0, Insert: 5, Scan: 0, Modify: 0, KeyChoice.Latest),
        new("E", Read: 0, Update: 0, Insert: 5, Scan: 95, Modify: 0),
    ];
}
