using System.Collections.Immutable;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Commands;

/// <summary>
/// Sets labels of a store. Answered with the <see cref="StoreDirectory"/> as it is then or a <see cref="RegistryRefusal"/>.
/// </summary>
/// <param name="Store">The store.</param>
/// <param name="IfVersion">Only if it has not changed since this version; 0: in any case.</param>
/// <param name="Labels">What changes of its labels; one with an empty value is removed.</param>
public sealed record UpdateStore(StoreId Store, long IfVersion, ImmutableSortedDictionary<string, string> Labels) : Command;
