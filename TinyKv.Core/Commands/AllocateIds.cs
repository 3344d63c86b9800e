namespace TinyKv.Core.Commands;

/// <summary>Takes ids out of the cluster's sequence, for whoever asked. Answered with <see cref="IdsAllocated"/>.</summary>
/// <param name="Count">How many.</param>
public sealed record AllocateIds(uint Count) : Command;

/// <summary>As many ids as were asked for, from <paramref name="First"/> on, are nobody else's.</summary>
public sealed record IdsAllocated(ulong First);
