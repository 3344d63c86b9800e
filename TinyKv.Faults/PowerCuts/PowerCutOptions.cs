namespace TinyKv.Faults.PowerCuts;

/// <summary>What a series of power cuts is to do.</summary>
internal sealed record PowerCutOptions
{
    /// <summary>The assembly of <c>tinykv</c>.</summary>
    public required string Program { get; init; }

    /// <summary>Where files go.</summary>
    public required string Directory { get; init; }

    /// <summary>rocksdb, sqlite or postgresql.</summary>
    public required string Journal { get; init; }

    /// <summary>Decides the moments of the cuts and what the clients call.</summary>
    public required int Seed { get; init; }

    /// <summary>How many cuts.</summary>
    public int Cuts { get; init; }

    /// <summary>How many stores there are, all on the disk that is cut.</summary>
    public int Stores { get; init; }

    /// <summary>Acknowledges writes before they are on disk: writes must get lost, or the test sees nothing.</summary>
    public bool WithoutSync { get; init; }

    /// <summary>How soon the stores must serve after a cut.</summary>
    public TimeSpan Bound { get; init; }
}
