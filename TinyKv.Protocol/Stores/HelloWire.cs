using System.Collections.Immutable;
using Google.Protobuf.Collections;
using TinyKv.Core.Commands;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Stores;

/// <summary>How stores introduce themselves, as messages.</summary>
public static class HelloWire
{
    /// <summary>The most initial stores that one may name.</summary>
    public const int MaxInitialStores = 1000;

    /// <summary>The most earlier incarnations that one may name: years of restarts while another store is away.</summary>
    public const int MaxEarlier = 100_000;

    // It goes into logs and status pages of whoever is refused.
    private const int MaxReason = 1000;

    /// <summary>The message of an introduction.</summary>
    public static Proto.StoreHello ToWire(StoreHello hello)
    {
        var wire = new Proto.StoreHello
        {
            Protocol = hello.Protocol,
            ClusterId = hello.Cluster,
            FromStore = hello.From.Value,
            ToStore = hello.To.Value,
            Directory = hello.Directory.Value,
            Starts = hello.Starts,
            Incarnation = hello.Incarnation,
            Replicas = (uint)hello.Replicas,
            Formed = hello.Formed,
            Accepts = hello.Accepts,
            Ending = ForeignText.Line(hello.Ending, MaxReason),
        };
        wire.Earlier.AddRange(hello.Earlier.TakeLast(MaxEarlier));
        wire.InitialStores.AddRange(hello.Initial.Select(store => store.Value));
        return wire;
    }

    /// <summary>The introduction of a message.</summary>
    /// <exception cref="MalformedMessageException">A number is impossible.</exception>
    public static StoreHello FromWire(Proto.StoreHello wire)
    {
        WireCodec.Require(wire.FromStore != 0, "a store without a number");
        WireCodec.Require(wire.Incarnation != 0, "a store without an incarnation");
        WireCodec.Require(wire.Directory != 0, "a store without a directory");
        WireCodec.Require(wire.InitialStores.Count <= MaxInitialStores, "too many initial stores");
        WireCodec.Require(wire.Earlier.Count <= MaxEarlier, "too many earlier incarnations");
        WireCodec.Require(wire.Replicas <= SetClusterConfig.MostReplicas, "too many replicas");
        WireCodec.Require(IsAscending(wire.InitialStores), "initial stores are not ascending");
        return new StoreHello
        {
            Protocol = wire.Protocol,
            Cluster = wire.ClusterId,
            From = new StoreId(wire.FromStore),
            To = new StoreId(wire.ToStore),
            Directory = new DirectoryId(wire.Directory),
            Starts = WireCodec.Count(wire.Starts, "starts"),
            Incarnation = wire.Incarnation,
            Earlier = [.. wire.Earlier],
            Initial = wire.InitialStores.Select(id => new StoreId(id)).ToImmutableArray(),
            Replicas = (int)wire.Replicas,
            Formed = wire.Formed,
            Accepts = wire.Accepts,
            Ending = ForeignText.Line(wire.Ending, MaxReason),
        };
    }

    /// <summary>The message of an answer.</summary>
    public static Proto.StoreHelloReply ToWire(ulong cluster, StoreId to, StoreHelloReply reply) => new()
    {
        ClusterId = cluster,
        FromStore = reply.From.Value,
        ToStore = to.Value,
        Incarnation = reply.Incarnation,
        HelloIncarnation = reply.HelloIncarnation,
        HelloDirectory = reply.HelloDirectory.Value,
        Refusal = reply.Refusal is { } refusal ? (uint)refusal.Kind : 0,
        Reason = ForeignText.Line(reply.Refusal?.Text ?? "", MaxReason),
    };

    /// <summary>The answer of a message.</summary>
    /// <exception cref="MalformedMessageException">A number is impossible.</exception>
    public static StoreHelloReply FromWire(Proto.StoreHelloReply wire)
    {
        WireCodec.Require(wire.FromStore != 0, "a store without a number");
        WireCodec.Require(wire.Incarnation != 0, "a store without an incarnation");
        WireCodec.Require(wire.Refusal <= (uint)RefusalKind.Unknown, "an unknown reason");
        return new StoreHelloReply(
            new StoreId(wire.FromStore), wire.Incarnation, new DirectoryId(wire.HelloDirectory), wire.HelloIncarnation,
            wire.Refusal == 0 ? null : new StoreRefusal((RefusalKind)wire.Refusal, ForeignText.Line(wire.Reason, MaxReason)));
    }

    private static bool IsAscending(RepeatedField<ulong> stores)
    {
        for (var i = 0; i < stores.Count; i++)
            if (stores[i] <= (i == 0 ? 0 : stores[i - 1])) return false;
        return stores.Count > 0;
    }
}
