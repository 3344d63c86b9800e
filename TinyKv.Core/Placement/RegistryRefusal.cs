namespace TinyKv.Core.Placement;

/// <summary>Why placement does not do what was asked of a store; nothing has changed.</summary>
/// <param name="Kind">The reason.</param>
/// <param name="Message">The reason for people, and what to do.</param>
public sealed record RegistryRefusal(RegistryRefusalKind Kind, string Message);

/// <summary>The reason of a <see cref="RegistryRefusal"/>. The numbers cross process boundaries.</summary>
public enum RegistryRefusalKind
{
    /// <summary>It is done.</summary>
    None = 0,

    /// <summary>Placement does not know the cluster yet.</summary>
    NotBootstrapped = 1,

    /// <summary>It is another cluster.</summary>
    OtherCluster = 2,

    /// <summary>There is no such store.</summary>
    UnknownStore = 3,

    /// <summary>Another store has the address.</summary>
    AddressTaken = 4,

    /// <summary>The store was removed.</summary>
    StoreRemoved = 5,

    /// <summary>It has changed since the version that was named.</summary>
    Outdated = 6,

    /// <summary>The cluster would have no store left.</summary>
    LastStore = 7,

    /// <summary>The store still has replicas.</summary>
    HasReplicas = 8,

    /// <summary>The store is not being removed.</summary>
    NotOffline = 9,

    /// <summary>An address, a label or a number is none.</summary>
    Invalid = 10,
}
