using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;

namespace TinyKv.Persistence;

/// <summary>Whose data a directory holds.</summary>
/// <param name="ClusterId">The cluster's number, see <see cref="ClusterIdentity.IdOf"/>.</param>
/// <param name="ClusterName">The cluster's name, for messages.</param>
/// <param name="Store">The store within the cluster.</param>
/// <param name="Journal">The kind of journal that holds its Raft log.</param>
public sealed record StoreIdentity(ulong ClusterId, string ClusterName, StoreId Store, string Journal)
{
    /// <summary>Where the store has told placement that it is, when it joined the cluster or since; null for one that the
    /// cluster began with.</summary>
    public StoreAddresses? Joined { get; init; }
}

/// <summary>The number that a cluster's name stands for.</summary>
public static class ClusterIdentity
{
    /// <summary>The first eight bytes of the name's SHA-256, without the top bit; never 0.</summary>
    public static ulong IdOf(string name)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(name));
        var id = BinaryPrimitives.ReadUInt64BigEndian(hash) & long.MaxValue;
        return id == 0 ? 1 : id;
    }
}
