using System.Text.Json;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Host.Cli.Store;

/// <summary>Stores for programs.</summary>
internal static class StoreJson
{
    public static void WriteList(Stream output, IReadOnlyList<StoreDetail> stores) => JsonOutput.Write(output, json =>
    {
        json.WriteStartArray("stores");
        foreach (var store in stores)
        {
            json.WriteStartObject();
            Write(json, store);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    public static void Write(Stream output, StoreDetail store) => JsonOutput.Write(output, json => Write(json, store));

    private static void Write(Utf8JsonWriter json, StoreDetail store)
    {
        json.WriteNumber("store", store.StoreId);
        if (store.Condition.Length > 0)
        {
            json.WriteString("condition", store.Condition);
            json.WriteNumber("silenceMs", store.SilenceMs);
        }
        json.WriteString("grpc", store.GrpcEndpoint);
        json.WriteString("status", store.StatusEndpoint);
        json.WriteString("remoting", store.RemotingEndpoint);
        json.WriteString("raft", store.RaftEndpoint);
        json.WriteStartObject("labels");
        foreach (var (name, value) in StoreText.Sorted(store)) json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteString("version", store.Version);
        json.WriteNumber("revision", store.Revision);
        json.WriteString("dataDirectory", store.DataDirectory);
        if (store.Usage is not { } usage) return;
        json.WriteNumber("capacityBytes", usage.CapacityBytes);
        json.WriteNumber("availableBytes", usage.AvailableBytes);
        json.WriteNumber("usedBytes", usage.UsedBytes);
        json.WriteNumber("regions", usage.RegionCount);
        json.WriteNumber("leaders", usage.LeaderCount);
    }
}
