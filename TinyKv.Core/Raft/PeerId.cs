namespace TinyKv.Core.Raft;

/// <summary>A Raft member's number, unique within its group; 0 means nobody.</summary>
public readonly record struct PeerId(ulong Value) : IComparable<PeerId>
{
    /// <summary>Nobody.</summary>
    public static PeerId None => default;

    /// <inheritdoc/>
    public int CompareTo(PeerId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => $"n{Value}";
}
