namespace TinyKv.Core.Commands;

/// <summary>
/// Writes of several requests in one entry of the log, as TiKV's store batches its proposals. Each is applied or refused by
/// itself, in this order, as if it had an entry of its own. None has a condition: what a condition finds must not depend on
/// whether the entry is applied once more after a restart, so its write stands alone.
/// </summary>
/// <param name="Writes">At least one.</param>
public sealed record WriteGroup(IReadOnlyList<WriteCommand> Writes) : Command;
