using TinyKv.Core.Placement;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Commands;

/// <summary>
/// A store is to be removed, is to stay after all, or was removed. Answered with the <see cref="StoreDirectory"/> as it is
/// then or a <see cref="RegistryRefusal"/>.
/// </summary>
/// <param name="Store">The store.</param>
/// <param name="State">What it is from now on.</param>
public sealed record SetStoreState(StoreId Store, StoreState State) : Command;
