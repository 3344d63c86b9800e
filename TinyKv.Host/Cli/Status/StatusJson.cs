using System.Globalization;
using System.Text.Json;
using TinyKv.Client;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Host.Cli.Status;

/// <summary>The cluster for programs. The cluster's id is a string: it does not fit the numbers of most readers.</summary>
internal static class StatusJson
{
    public static void Write(Stream output, ClusterView view) => JsonOutput.Write(output, json =>
    {
        json.WriteStartObject("cluster");
        json.WriteString("id", view.ClusterId.ToString(CultureInfo.InvariantCulture));
        json.WriteString("name", view.ClusterName);
        json.WriteEndObject();
        json.WriteStartArray("stores");
        foreach (var store in view.Stores) WriteStore(json, store);
        json.WriteEndArray();
        json.WriteStartArray("introductions");
        foreach (var introduction in view.Introductions) WriteIntroduction(json, introduction);
        json.WriteEndArray();
        json.WriteStartArray("regions");
        foreach (var region in view.Regions) WriteRegion(json, region);
        json.WriteEndArray();
    });

    /// <summary>One region.</summary>
    public static void Write(Stream output, RegionView region) => JsonOutput.Write(output, json => WriteFields(json, region));

    /// <summary>Some regions.</summary>
    public static void Write(Stream output, IReadOnlyList<RegionView> regions) => JsonOutput.Write(output, json =>
    {
        json.WriteStartArray("regions");
        foreach (var region in regions) WriteRegion(json, region);
        json.WriteEndArray();
    });

    private static void WriteStore(Utf8JsonWriter json, StoreStatusOrError store)
    {
        json.WriteStartObject();
        json.WriteNumber("id", store.StoreId);
        json.WriteString("address", store.Address);
        json.WriteBoolean("reachable", store.Status is not null);
        if (store.Status is { } status)
        {
            json.WriteBoolean("ready", status.Ready);
            json.WriteString("grpcEndpoint", status.GrpcEndpoint);
            json.WriteString("statusEndpoint", status.StatusEndpoint);
            json.WriteString("remotingEndpoint", status.RemotingEndpoint);
            json.WriteNumber("processId", status.ProcessId);
            json.WriteString("version", status.Version);
            json.WriteString("journal", status.Journal);
            json.WriteString("memberStatus", status.ClusterMemberStatus);
            json.WriteStartArray("snapshots");
            foreach (var snapshot in status.Snapshots) WriteSnapshot(json, snapshot);
            json.WriteEndArray();
        }
        else
        {
            json.WriteString("error", store.Error);
        }
        json.WriteEndObject();
    }

    private static void WriteSnapshot(Utf8JsonWriter json, SnapshotStatus snapshot)
    {
        json.WriteStartObject();
        json.WriteNumber("region", snapshot.RegionId);
        json.WriteNumber("from", snapshot.FromStoreId);
        json.WriteNumber("bytes", snapshot.Bytes);
        json.WriteNumber("totalBytes", snapshot.TotalBytes);
        json.WriteEndObject();
    }

    private static void WriteIntroduction(Utf8JsonWriter json, Introduction introduction)
    {
        json.WriteStartObject();
        json.WriteNumber("store", introduction.Store);
        json.WriteString("state", introduction.State);
        json.WriteNumber("other", introduction.Other);
        json.WriteString("reason", introduction.Reason);
        json.WriteEndObject();
    }

    private static void WriteRegion(Utf8JsonWriter json, RegionView region)
    {
        json.WriteStartObject();
        WriteFields(json, region);
        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, RegionView region)
    {
        json.WriteNumber("id", region.Region.Id);
        json.WriteString("name", region.Name);
        json.WriteString("startKeyHex", Convert.ToHexStringLower(region.Region.StartKey.Span));
        json.WriteString("endKeyHex", Convert.ToHexStringLower(region.Region.EndKey.Span));
        json.WriteNumber("confVer", region.Region.RegionEpoch?.ConfVer ?? 0);
        json.WriteNumber("version", region.Region.RegionEpoch?.Version ?? 0);
        json.WriteNumber("leaderStore", region.LeaderStore);
        json.WriteNumber("term", region.Term);
        json.WriteStartArray("peers");
        foreach (var peer in region.Peers) WritePeer(json, peer);
        json.WriteEndArray();
        json.WriteStartArray("dataLosses");
        foreach (var loss in region.DataLosses) WriteLoss(json, loss);
        json.WriteEndArray();
    }

    private static void WriteLoss(Utf8JsonWriter json, DataLoss loss)
    {
        json.WriteStartObject();
        json.WriteNumber("store", loss.StoreId);
        json.WriteNumber("acknowledgedIndex", loss.AcknowledgedIndex);
        json.WriteNumber("heldIndex", loss.HeldIndex);
        json.WriteEndObject();
    }

    private static void WritePeer(Utf8JsonWriter json, PeerStatus peer)
    {
        json.WriteStartObject();
        json.WriteNumber("id", peer.Peer.Id);
        json.WriteNumber("store", peer.Peer.StoreId);
        json.WriteString("role", peer.Role);
        json.WriteNumber("term", peer.Term);
        json.WriteNumber("commitIndex", peer.CommitIndex);
        json.WriteNumber("appliedIndex", peer.AppliedIndex);
        json.WriteNumber("firstIndex", peer.FirstIndex);
        json.WriteNumber("lastIndex", peer.LastIndex);
        json.WriteNumber("logBytes", peer.LogBytes);
        json.WriteNumber("refusedMessages", peer.RefusedMessages);
        json.WriteString("lastRefusal", peer.LastRefusal);
        json.WriteString("stoppedBecause", peer.StoppedBecause);
        json.WriteEndObject();
    }
}
