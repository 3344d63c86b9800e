using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using TinyKv.Core;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;

namespace TinyKv.Persistence;

/// <summary>The file that keeps a store's identity, and what it knows of the other stores.</summary>
internal static class IdentityFile
{
    /// <summary>Goes up when the layout of the directory, or of what is in it, changes.</summary>
    private const int Format = 7;

    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { WriteIndented = true, RespectRequiredConstructorParameters = true };

    private sealed record Known(ulong Id, string Directory, string Incarnation, long Starts);

    private sealed record Place(string Host, int Grpc, int Status, int Remoting, int Raft);

    // Random numbers are written in hexadecimal, as messages show them. A store without a number is about to join.
    private sealed record Content(
        int Format, ulong ClusterId, string ClusterName, ulong StoreId, string Journal, string Directory,
        ulong[] InitialStores, int Replicas, long Starts, string Incarnation, string[] Earlier, Known[] Stores,
        bool Bootstrapped, string Lost, Place? Joined = null);

    /// <summary>What the file says, which must be what is expected; null when there is none.</summary>
    /// <exception cref="TinyKvException">It says something else, or cannot be read.</exception>
    public static StoreRecord? Read(string path, StoreIdentity expected)
    {
        if (!File.Exists(path)) return null;
        var bytes = File.ReadAllBytes(path);
        RequireFormat(path, bytes);
        var found = Parse<Content>(path, bytes);
        if (found.StoreId == 0)
            throw new TinyKvException($"{Path.GetDirectoryName(path)} is of a store that was about to join a cluster: "
                + "let it join with tinykv server --join, or use another directory");
        Require("cluster", Cluster(found.ClusterName, found.ClusterId),
            Cluster(expected.ClusterName, expected.ClusterId));
        Require("store", $"{found.StoreId}", $"{expected.Store.Value}");
        Require("journal", found.Journal, expected.Journal);
        return RecordOf(path, found);

        void Require(string what, string actual, string wanted)
        {
            if (actual != wanted)
                throw new TinyKvException(
                    $"{Path.GetDirectoryName(path)} belongs to {what} {actual}, this is {what} {wanted}");
        }
    }

    /// <summary>Whose the file says that the directory is, and what else it says.</summary>
    /// <exception cref="StorageFailedException">It is missing or damaged.</exception>
    /// <exception cref="TinyKvException">It is of another version, or cannot be read.</exception>
    public static (StoreIdentity Identity, StoreRecord Record) ReadAny(string path)
    {
        if (!File.Exists(path)) throw new StorageFailedException($"{path} is missing");
        var bytes = Bytes(path);
        RequireFormat(path, bytes);
        var found = Parse<Content>(path, bytes);
        var identity = new StoreIdentity(found.ClusterId, found.ClusterName, new StoreId(found.StoreId), found.Journal)
        {
            Joined = found.Joined is not { } place ? null
                : new StoreAddresses(place.Host, place.Grpc, place.Status, place.Remoting, place.Raft),
        };
        return (identity, RecordOf(path, found));
    }

    private static byte[] Bytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TinyKvException($"cannot read {path}: {e.Message}", e);
        }
    }

    /// <summary>What a new directory is made with.</summary>
    public static StoreRecord New(ImmutableArray<StoreId> initial) =>
        new() { Directory = new DirectoryId(Draw()), Initial = initial };

    /// <summary>A number that was never drawn before; not 0.</summary>
    public static ulong Draw()
    {
        while (true)
            if (BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) is > 0 and var drawn) return drawn;
    }

    /// <summary>Writes the file, durably: afterwards it is as it was or as it should be.</summary>
    public static void Write(string path, StoreIdentity identity, StoreRecord record) =>
        DurableFiles.WriteAtomically(path, JsonSerializer.SerializeToUtf8Bytes(
            new Content(
                Format, identity.ClusterId, identity.ClusterName, identity.Store.Value, identity.Journal,
                record.Directory.ToString(), [.. record.Initial.Select(store => store.Value)], record.Replicas,
                record.Starts, Hex(record.Incarnation), [.. record.Earlier.Select(Hex)],
                [.. record.Stores.Select(pair => new Known(
                    pair.Key, pair.Value.Directory.ToString(), Hex(pair.Value.Incarnation), pair.Value.Starts))],
                record.IsBootstrapped, record.Lost,
                identity.Joined is not { } place ? null
                    : new Place(place.Host, place.GrpcPort, place.StatusPort, place.RemotingPort, place.RaftPort)),
            Json));

    private static StoreRecord RecordOf(string path, Content found)
    {
        try
        {
            return RecordOf(found);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException or NullReferenceException)
        {
            throw Damaged(path, e);
        }
    }

    private static StoreRecord RecordOf(Content found) => new()
    {
        Directory = new DirectoryId(Number(found.Directory)),
        Initial = found.InitialStores.Select(id => new StoreId(id)).ToImmutableArray(),
        Replicas = found.Replicas,
        Starts = found.Starts,
        Incarnation = Number(found.Incarnation),
        Earlier = [.. found.Earlier.Select(Number)],
        Stores = found.Stores.ToImmutableSortedDictionary(store => store.Id,
            store => new KnownStore(new DirectoryId(Number(store.Directory)), Number(store.Incarnation), store.Starts)),
        IsBootstrapped = found.Bootstrapped,
        Lost = found.Lost ?? throw new FormatException("it does not say whether something was lost"),
    };

    private static string Hex(ulong number) => number.ToString("x16", CultureInfo.InvariantCulture);

    private static ulong Number(string text) =>
        ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static string Cluster(string name, ulong id) => $"'{name}' ({id:x16})";

    // Before anything else of it is looked at: what else there is depends on it.
    private static void RequireFormat(string path, byte[] bytes)
    {
        var found = Parse<Versioned>(path, bytes).Format;
        if (found == Format) return;
        throw new TinyKvException($"{path} has format {found}, of another version; this version knows format {Format}");
    }

    private static T Parse<T>(string path, byte[] bytes) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(bytes, Json) ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw Damaged(path, e);
        }
    }

    private static StorageFailedException Damaged(string path, Exception e) =>
        new($"{path} is damaged: {e.Message}", e) { IsDamage = true };

    private sealed record Versioned(int Format);
}
