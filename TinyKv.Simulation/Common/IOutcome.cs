namespace TinyKv.Simulation.Common;

/// <summary>What came of one seed; its text is a line that is the same for the same seed in every process.</summary>
internal interface IOutcome<TMark> where TMark : struct, Enum
{
    /// <summary>Whether something went wrong.</summary>
    bool Failed { get; }

    /// <summary>What happened, line by line; empty unless asked for.</summary>
    IReadOnlyList<string> Trace { get; }

    /// <summary>The faults and rare states that it reached.</summary>
    Marks<TMark> Marks { get; }
}
