namespace TinyKv.Persistence;

/// <summary>
/// Published on the event stream when a journal's storage has failed for good: what is on disk is unknown,
/// every later write and read of the journal fails, and the process has to end and recover from disk.
/// </summary>
/// <param name="Journal">Which journal, and where it is.</param>
/// <param name="Cause">What the storage reported.</param>
public sealed record JournalFailed(string Journal, Exception Cause);
