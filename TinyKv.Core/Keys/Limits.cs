namespace TinyKv.Core.Keys;

/// <summary>Sizes that are checked, with a typed error, before anything is allocated or written.</summary>
public static class Limits
{
    /// <summary>The longest key, in bytes. The shortest is one byte.</summary>
    public const int MaxKeyBytes = 4 * 1024;

    /// <summary>The longest value, in bytes.</summary>
    public const int MaxValueBytes = 6 * 1024 * 1024;

    /// <summary>The largest command in the Raft log, in bytes.</summary>
    public const int MaxEntryBytes = 8 * 1024 * 1024;

    /// <summary>The most keys or pairs in one batch.</summary>
    public const int MaxBatchCount = 10_240;

    /// <summary>The most pairs that one scan request may ask for.</summary>
    public const int MaxScanLimit = 10_240;

    /// <summary>The most bytes of a reply that holds more than one pair or value, all framing included: what gRPC
    /// clients take unless they are told otherwise.</summary>
    public const int MaxReplyBytes = 4 * 1024 * 1024;
}
