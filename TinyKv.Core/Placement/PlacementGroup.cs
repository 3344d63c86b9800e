namespace TinyKv.Core.Placement;

/// <summary>The size of the group that placement itself is replicated in.</summary>
public static class PlacementGroup
{
    /// <summary>The most replicas that it has: every timestamp waits for most of them.</summary>
    public const int MaxReplicas = 5;

    /// <summary>How many replicas it is meant to have: where regions have three or more, as many as may help, and an odd number
    /// of them, since another one would have to be asked and could not be missed.</summary>
    /// <param name="stores">How many stores there are.</param>
    /// <param name="replicas">How many replicas a region is meant to have.</param>
    public static int Size(int stores, int replicas) =>
        replicas < 3 ? replicas : Math.Clamp(stores % 2 == 0 ? stores - 1 : stores, 3, MaxReplicas);
}
