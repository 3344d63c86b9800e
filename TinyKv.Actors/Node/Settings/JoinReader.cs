using System.Collections.Immutable;
using System.Net;
using Akka.Configuration;
using TinyKv.Core;
using TinyKv.Core.Placement;
using TinyKv.Persistence;

namespace TinyKv.Actors.Node.Settings;

/// <summary>Reads how a store joins a cluster, and refuses what belongs to those that form one.</summary>
internal static class JoinReader
{
    private const string Key = "tinykv.cluster.join";

    private static readonly string[] Ports = ["grpc-port", "status-port", "remoting-port", "raft-port"];

    /// <summary>How the store joins; null: it is one of those that form the cluster.</summary>
    /// <exception cref="SettingException">Something is wrong, or does not go together.</exception>
    public static JoinSettings? Read(Config config)
    {
        var (cluster, store) = (Section.Of(config, "tinykv.cluster"), Section.Of(config, "tinykv.store"));
        var endpoints = ReadEndpoints(config, cluster);
        if (endpoints.IsEmpty)
        {
            RefuseOwnAddress(store);
            return null;
        }
        if (config.GetValue("tinykv.cluster.stores") is { } stores
            && (stores.GetArray().Count > 0 || !stores.Values.TrueForAll(part => part.IsArray())))
            throw cluster.Invalid("join", "is set, and so is tinykv.cluster.stores: a store either is one of those that form a "
                + "cluster, or joins one that is there; leave out one of the two");
        if (store.OptionalText("id") is { Length: > 0 } id)
            throw store.Invalid("id", $"is {id}, but a store that joins gets its number from the cluster; leave it out");
        return new JoinSettings(endpoints, ReadAddress(store));
    }

    private static ImmutableArray<string> ReadEndpoints(Config config, Section cluster)
    {
        var list = config.GetValue(Key);
        if (list is not null && !list.IsEmpty && !list.Values.TrueForAll(part => part.IsArray()))
            throw cluster.Invalid("join", "must be a list of addresses: [ \"HOST:PORT\", ... ]");
        var endpoints = list?.GetArray().Select(each => each.IsString() ? each.GetString() ?? "" : "").ToList() ?? [];
        var wrong = endpoints.Find(each => !HostPort.TryParse(each, out _));
        return wrong is null ? [.. endpoints.Distinct()]
            : throw cluster.Invalid("join", $"has '{wrong}', which is not an address: {HostPort.Expected}");
    }

    private static StoreAddresses ReadAddress(Section store)
    {
        var isSet = store.OptionalText("host").Length > 0;
        var host = store.Host(isSet ? "host" : "bind-host");
        if (IPAddress.TryParse(host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
            throw store.Invalid("host", isSet ? $"is {host}, where nobody can be reached"
                : $"is missing: others cannot reach this store at {host}, where it listens");
        int[] ports = [.. Ports.Select(port => (int)store.Number(port, 0, 65535))];
        for (var i = 0; i < ports.Length; i++)
            if (ports[i] != 0 && Array.IndexOf(ports, ports[i]) is var first && first < i)
                throw store.Invalid(Ports[i], $"is {ports[i]}, as {Ports[first]} is");
        return new StoreAddresses(host, ports[0], ports[1], ports[2], ports[3]);
    }

    // They would not be heeded, and nobody would notice.
    private static void RefuseOwnAddress(Section store)
    {
        const string Instead = "but only a store that joins says itself where it is: see tinykv.cluster.stores";
        if (store.OptionalText("host") is { Length: > 0 } host) throw store.Invalid("host", $"is {host}, {Instead}");
        foreach (var port in Ports)
            if (store.Number(port, 0, 65535) is not 0 and var number) throw store.Invalid(port, $"is {number}, {Instead}");
    }
}
