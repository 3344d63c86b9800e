using System.Collections.Frozen;
using Google.Protobuf;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Protocol.Serialization;

/// <summary>The messages of the gateway actor and the manifests that stand for them.</summary>
internal static class GatewayManifests
{
    private static readonly FrozenDictionary<string, MessageParser> Parsers = new Dictionary<string, MessageParser>
    {
        ["G"] = GetRequest.Parser,
        ["g"] = GetResponse.Parser,
        ["P"] = PutRequest.Parser,
        ["D"] = DeleteRequest.Parser,
        ["w"] = WriteResponse.Parser,
        ["B"] = BatchGetRequest.Parser,
        ["v"] = BatchGetResponse.Parser,
        ["U"] = BatchPutRequest.Parser,
        ["X"] = BatchDeleteRequest.Parser,
        ["R"] = DeleteRangeRequest.Parser,
        ["C"] = CompareAndSetRequest.Parser,
        ["A"] = PutIfAbsentRequest.Parser,
        ["c"] = CompareAndSetResponse.Parser,
        ["S"] = ScanRequest.Parser,
        ["s"] = ScanResponse.Parser,
        ["Q"] = StoreStatusRequest.Parser,
        ["q"] = StoreStatusResponse.Parser,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<Type, string> Manifests = Parsers.ToFrozenDictionary(
        pair => pair.Value.ParseFrom(ByteString.Empty).GetType(), pair => pair.Key);

    /// <summary>The manifest of a message, or null when it is none of the gateway's.</summary>
    public static string? Of(IMessage message) => Manifests.GetValueOrDefault(message.GetType());

    /// <summary>What reads the messages of a manifest, or null when it is none of the gateway's.</summary>
    public static MessageParser? ParserOf(string manifest) => Parsers.GetValueOrDefault(manifest);
}
