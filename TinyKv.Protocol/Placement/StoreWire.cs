using System.Collections.Immutable;
using Google.Protobuf.Collections;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Placement;

/// <summary>What placement knows of stores, as messages.</summary>
public static class StoreWire
{
    private const int MaxText = 255;
    private const int MaxLabels = 1000;

    /// <summary>The message of a store.</summary>
    public static Proto.StoreInfo ToWire(StoreInfo store) => new()
    {
        Id = store.Id.Value,
        Directory = store.Directory.Value,
        Addresses = ToWire(store.Addresses),
        Labels = { store.Labels },
        State = (int)store.State,
        ProgramVersion = store.ProgramVersion,
        Version = store.Version,
    };

    /// <summary>The store of a message.</summary>
    /// <exception cref="MalformedMessageException">A part is impossible.</exception>
    public static StoreInfo FromWire(Proto.StoreInfo wire)
    {
        WireCodec.Require(wire.Id != 0, "a store without a number");
        return new StoreInfo
        {
            Id = new StoreId(wire.Id),
            Directory = new DirectoryId(wire.Directory),
            Addresses = FromWire(wire.Addresses),
            Labels = Labels(wire.Labels),
            State = State(wire.State),
            ProgramVersion = Text(wire.ProgramVersion),
            Version = WireCodec.Count(wire.Version, "the version"),
        };
    }

    /// <summary>The message of addresses.</summary>
    public static Proto.StoreAddresses ToWire(StoreAddresses addresses) => new()
    {
        Host = addresses.Host,
        GrpcPort = (uint)addresses.GrpcPort,
        StatusPort = (uint)addresses.StatusPort,
        RemotingPort = (uint)addresses.RemotingPort,
        RaftPort = (uint)addresses.RaftPort,
    };

    /// <summary>The addresses of a message.</summary>
    /// <exception cref="MalformedMessageException">There are none, or they are impossible.</exception>
    public static StoreAddresses FromWire(Proto.StoreAddresses? wire)
    {
        WireCodec.Require(wire is not null, "a store without addresses");
        return new StoreAddresses(
            Text(wire.Host), Port(wire.GrpcPort), Port(wire.StatusPort), Port(wire.RemotingPort), Port(wire.RaftPort));
    }

    /// <summary>The message of what has changed.</summary>
    public static Proto.StoreChanges ToWire(StoreChanges changes) => new()
    {
        ClusterId = changes.Cluster,
        MaxReplicas = changes.MaxReplicas,
        Version = changes.Version,
        Stores = { changes.Stores.Select(ToWire) },
    };

    /// <summary>What a message says has changed.</summary>
    /// <exception cref="MalformedMessageException">A part is impossible.</exception>
    public static StoreChanges FromWire(Proto.StoreChanges wire) => new(
        wire.ClusterId, wire.MaxReplicas, WireCodec.Count(wire.Version, "the version"), [.. wire.Stores.Select(FromWire)]);

    /// <summary>The message of what a store says of itself.</summary>
    public static Proto.StoreStats ToWire(StoreStats stats) => new()
    {
        CapacityBytes = stats.CapacityBytes,
        AvailableBytes = stats.AvailableBytes,
        UsedBytes = stats.UsedBytes,
        RegionCount = stats.RegionCount,
        LeaderCount = stats.LeaderCount,
        StartedMs = stats.StartedMs,
    };

    /// <summary>What a message says of a store.</summary>
    public static StoreStats FromWire(Proto.StoreStats wire) => new(
        wire.CapacityBytes, wire.AvailableBytes, wire.UsedBytes, wire.RegionCount, wire.LeaderCount, wire.StartedMs);

    /// <summary>Labels of a message.</summary>
    /// <exception cref="MalformedMessageException">They are too many, or too long.</exception>
    internal static ImmutableSortedDictionary<string, string> Labels(MapField<string, string> labels)
    {
        WireCodec.Require(labels.Count <= MaxLabels, $"{labels.Count} labels");
        return StoreInfo.NoLabels.AddRange(labels.Select(label => KeyValuePair.Create(Text(label.Key), Text(label.Value))));
    }

    /// <summary>A state of a message.</summary>
    /// <exception cref="MalformedMessageException">There is none with that number.</exception>
    internal static StoreState State(int state)
    {
        WireCodec.Require(Enum.IsDefined((StoreState)state), $"a store in state {state}");
        return (StoreState)state;
    }

    /// <summary>A text of a message.</summary>
    /// <exception cref="MalformedMessageException">It is too long.</exception>
    internal static string Text(string text)
    {
        WireCodec.Require(text.Length <= MaxText, $"a text of {text.Length} characters");
        return text;
    }

    private static int Port(uint port)
    {
        WireCodec.Require(port <= 65535, $"port {port}");
        return (int)port;
    }
}
