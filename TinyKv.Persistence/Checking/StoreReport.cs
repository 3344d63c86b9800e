namespace TinyKv.Persistence.Checking;

/// <summary>What a check of a stopped store's files has found.</summary>
/// <param name="Directory">The data directory; absolute.</param>
/// <param name="Identity">Whose it is; null when that cannot be read.</param>
/// <param name="Parts">What was looked at, in the order in which a store reads it.</param>
public sealed record StoreReport(string Directory, StoreIdentity? Identity, IReadOnlyList<CheckedPart> Parts)
{
    /// <summary>Whether nothing that was looked at is damaged.</summary>
    public bool IsSound => Parts.All(part => part.State != PartState.Damaged);

    /// <summary>What an operator can do; null when nothing has to be done.</summary>
    public string? Remedy { get; init; }
}

/// <summary>What is known of a part of a store's files.</summary>
public enum PartState
{
    /// <summary>Everything was read, and is as it was written.</summary>
    Sound,

    /// <summary>Something is not as it was written, is missing, or contradicts something else.</summary>
    Damaged,

    /// <summary>It was not looked at.</summary>
    NotChecked,
}

/// <summary>A part of a store's files.</summary>
/// <param name="Name">What it is: <c>identity</c>, <c>engine</c>, <c>journal</c> or <c>agreement</c>.</param>
/// <param name="State">How it is.</param>
/// <param name="Details">What was read, why it was not checked, or what is damaged; at least one line.</param>
public sealed record CheckedPart(string Name, PartState State, IReadOnlyList<string> Details);
