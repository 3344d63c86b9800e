namespace TinyKv.Actors.Regions;

/// <summary>How large regions become.</summary>
/// <param name="SplitBytes">How many bytes the left half has of one that is split because it is too large.</param>
/// <param name="MaxBytes">From how many bytes on it is.</param>
public sealed record RegionSettings(long SplitBytes, long MaxBytes);
