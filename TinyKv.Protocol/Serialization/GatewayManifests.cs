using System.Buffers;
using System.Collections.Frozen;
using Google.Protobuf;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Protocol.Serialization;

/// <summary>The messages of the gateway actor and the manifests that stand for them.</summary>
internal static class GatewayManifests
{
    private const string Requests = "E";
    private const string Replies = "e";

    // A message with more parts than are allowed is refused part by part; one with more than these takes too much memory
    // for that: parsed, a part of two bytes has a hundred.
    private const int MaxParts = 64 * EnvelopeLimits.MaxRequests;

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
        [Requests] = RequestEnvelope.Parser,
        [Replies] = ReplyEnvelope.Parser,
        ["Q"] = StoreStatusRequest.Parser,
        ["q"] = StoreStatusResponse.Parser,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<Type, string> Manifests = Parsers.ToFrozenDictionary(
        pair => pair.Value.ParseFrom(ByteString.Empty).GetType(), pair => pair.Key);

    /// <summary>The manifest of a message, or null when it is none of the gateway's.</summary>
    public static string? Of(IMessage message) => Manifests.GetValueOrDefault(message.GetType());

    /// <summary>What reads the messages of a manifest, or null when it is none of the gateway's.</summary>
    public static MessageParser? ParserOf(string manifest) => Parsers.GetValueOrDefault(manifest);

    /// <summary>Reads a message, or returns null when the manifest is none of the gateway's.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else, or far more than is allowed.</exception>
    public static IMessage? Read(string manifest, byte[] bytes)
    {
        if (ParserOf(manifest) is not { } parser) return null;
        if (manifest is Requests or Replies && EnvelopeForm.HasMoreThan(MaxParts, new ReadOnlySequence<byte>(bytes)))
            throw new MalformedMessageException($"a message of more than {MaxParts} requests or replies");
        return WireCodec.ParseAny(parser, bytes);
    }
}
