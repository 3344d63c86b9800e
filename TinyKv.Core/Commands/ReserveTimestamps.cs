namespace TinyKv.Core.Commands;

/// <summary>
/// No timestamp at or above a physical time is handed out before a higher one is reserved. Answered with
/// <see cref="TimestampsReserved"/>.
/// </summary>
/// <param name="UntilMs">The time, in milliseconds since 1970.</param>
public sealed record ReserveTimestamps(long UntilMs) : Command;

/// <summary>A reservation that was proposed in <paramref name="Term"/> is in the state; all reservations together end at
/// <paramref name="EndMs"/>.</summary>
public sealed record TimestampsReserved(long Term, long EndMs);
