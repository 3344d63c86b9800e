namespace TinyKv.Core.Storage;

/// <summary>
/// A store's files cannot be read or written: they are damaged, incomplete, or the disk reports an error. The message
/// names them and says what to do. Whoever meets it must end the store; whoever asked the store may ask another one.
/// </summary>
public sealed class StorageFailedException : TinyKvException
{
    /// <summary>Says what has failed.</summary>
    public StorageFailedException(string message) : base(message) { }

    /// <summary>Says what has failed, with the cause.</summary>
    public StorageFailedException(string message, Exception cause) : base(message, cause) { }

    /// <summary>Whether the files are to blame, which do not mend themselves, and the message says what to do.</summary>
    public bool IsDamage { get; init; }
}
