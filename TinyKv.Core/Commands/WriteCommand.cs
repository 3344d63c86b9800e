using TinyKv.Core.Storage;

namespace TinyKv.Core.Commands;

/// <summary>The writes of one request to a region with data.</summary>
/// <param name="RegionVersion">The version of the region that the writes were checked against.</param>
/// <param name="Batch">Applied together or not at all, in this order.</param>
/// <param name="Condition">What must hold for the batch to be applied; null: nothing.</param>
public sealed record WriteCommand(
    ulong RegionVersion, IReadOnlyList<Modify> Batch, Condition? Condition = null) : Command;

/// <summary>The writes of a request without a condition are in the state.</summary>
public sealed record Written
{
    private Written() { }

    /// <summary>The one of its kind.</summary>
    public static Written Instance { get; } = new();
}
