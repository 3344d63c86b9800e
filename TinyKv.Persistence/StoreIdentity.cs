using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TinyKv.Core;
using TinyKv.Core.Regions;

namespace TinyKv.Persistence;

/// <summary>Whose data a directory holds.</summary>
/// <param name="ClusterId">The cluster's number, see <see cref="ClusterIdentity.IdOf"/>.</param>
/// <param name="ClusterName">The cluster's name, for messages.</param>
/// <param name="Store">The store within the cluster.</param>
/// <param name="Journal">The kind of journal that holds its Raft log.</param>
public sealed record StoreIdentity(ulong ClusterId, string ClusterName, StoreId Store, string Journal);

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

/// <summary>The file that keeps a store's identity.</summary>
internal static class IdentityFile
{
    /// <summary>Goes up when the layout of the directory changes.</summary>
    private const int Format = 1;

    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private sealed record Content(
        int Format, ulong ClusterId, string ClusterName, ulong StoreId, string Journal);

    /// <summary>Requires that the file, if there is one, says what is expected; false when there is
    /// none.</summary>
    /// <exception cref="TinyKvException">It says something else, or cannot be read.</exception>
    public static bool Check(string path, StoreIdentity expected)
    {
        if (!File.Exists(path)) return false;
        var found = Read(path);
        if (found.Format != Format)
            throw new TinyKvException(
                $"{path} has format {found.Format}, of another version; this version knows format {Format}");
        Require("cluster", Cluster(found.ClusterName, found.ClusterId),
            Cluster(expected.ClusterName, expected.ClusterId));
        Require("store", $"{found.StoreId}", $"{expected.Store.Value}");
        Require("journal", found.Journal, expected.Journal);
        return true;

        void Require(string what, string actual, string wanted)
        {
            if (actual != wanted)
                throw new TinyKvException(
                    $"{Path.GetDirectoryName(path)} belongs to {what} {actual}, this is {what} {wanted}");
        }
    }

    /// <summary>Writes the file, durably.</summary>
    public static void Write(string path, StoreIdentity identity) =>
        DurableFiles.WriteAtomically(path, JsonSerializer.SerializeToUtf8Bytes(
            new Content(
                Format, identity.ClusterId, identity.ClusterName, identity.Store.Value, identity.Journal),
            Json));

    private static string Cluster(string name, ulong id) => $"'{name}' ({id:x16})";

    private static Content Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), Json)
                ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw new TinyKvException($"{path} is damaged: {e.Message}", e);
        }
    }
}
