using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Client;

/// <summary>What a store says of itself, or why it could not be asked: exactly one of the two is
/// set.</summary>
public sealed record StoreStatusOrError(
    ulong StoreId, string Address, StoreStatusResponse? Status, string? Error);
