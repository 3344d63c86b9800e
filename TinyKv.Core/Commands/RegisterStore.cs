using TinyKv.Core.Placement;
using TinyKv.Core.Stores;

namespace TinyKv.Core.Commands;

/// <summary>
/// A store says who it is and where it is reached: one that placement does not know gets a number, one that it knows by its
/// data directory keeps its own. Answered with the <see cref="StoreDirectory"/> that has it or a
/// <see cref="RegistryRefusal"/>.
/// </summary>
/// <param name="Cluster">The cluster that it means.</param>
/// <param name="Directory">Its data directory.</param>
/// <param name="Addresses">Where it is reached.</param>
/// <param name="ProgramVersion">The version of the program that it runs.</param>
public sealed record RegisterStore(
    ulong Cluster, DirectoryId Directory, StoreAddresses Addresses, string ProgramVersion) : Command;
