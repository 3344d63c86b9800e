namespace TinyKv.Core.Snapshots;

/// <summary>A part of a snapshot is not what was sent, or not what comes next. It can be asked for again.</summary>
public sealed class SnapshotDamagedException : TinyKvException
{
    /// <summary>Says what is wrong.</summary>
    public SnapshotDamagedException(string message) : base(message) { }

    /// <summary>Says what is wrong, with the cause.</summary>
    public SnapshotDamagedException(string message, Exception cause) : base(message, cause) { }
}
