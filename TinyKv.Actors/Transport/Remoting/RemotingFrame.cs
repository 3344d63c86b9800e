using System.Text;
using Akka.Actor;
using Google.Protobuf;
using TinyKv.Protocol;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>
/// Akka's protocol between actor systems, as far as a store checks it before Akka sees it, and a question of our own:
/// which incarnation listens here?
/// </summary>
/// <remarks>The numbers are those of the fields in Akka's <c>WireFormats.proto</c>.</remarks>
internal static class RemotingFrame
{
    /// <summary>The most that the first frame of a connection may have: a handshake with a long host name.</summary>
    public const int MaxHandshakeBytes = 1024;

    private const int Payload = 1, Instruction = 2;
    private const int CommandType = 1, HandshakeInfo = 2;
    private const int Associate = 1;
    // Fields that Akka does not have: it refuses a frame that has nothing else.
    private const int Question = 2016, Answer = 2017;

    /// <summary>Asks a store which incarnation it is.</summary>
    public static ByteString AskUid { get; } = Write(output => Field(output, Question, 1));

    /// <summary>The answer to <see cref="AskUid"/>.</summary>
    public static ByteString TellUid(int uid) => Write(output => Field(output, Answer, (uint)uid | 1UL << 32));

    /// <summary>Whether a frame is <see cref="AskUid"/>.</summary>
    /// <exception cref="MalformedMessageException">It is no frame.</exception>
    public static bool AsksUid(ReadOnlySpan<byte> frame) => ProtoFields.Number(frame, Question) == 1;

    /// <summary>The number that a frame tells, or null when it is no answer.</summary>
    /// <exception cref="MalformedMessageException">It is no frame.</exception>
    public static int? ToldUid(ReadOnlySpan<byte> frame) =>
        ProtoFields.Number(frame, Answer) is var told and not 0 ? (int)(uint)told : null;

    /// <summary>Who speaks, in a frame that opens a connection; false when it is another frame.</summary>
    /// <exception cref="MalformedMessageException">It is no frame.</exception>
    public static bool TryHandshake(ReadOnlySpan<byte> frame, out Address origin, out int uid)
    {
        (origin, uid) = (Address.AllSystems, 0);
        if (!ProtoFields.TryBytes(frame, Instruction, out var control)
            || ProtoFields.Number(control, CommandType) != Associate
            || !ProtoFields.TryBytes(control, HandshakeInfo, out var info)
            || !ProtoFields.TryBytes(info, 1, out var address)) return false;
        var port = ProtoFields.Number(address, 3);
        if (port is 0 or > ushort.MaxValue) return false;
        uid = (int)(uint)ProtoFields.FixedNumber(info, 2);
        origin = new Address(Text(address, 4), Text(address, 1), Text(address, 2), (int)port);
        return true;
    }

    /// <summary>What reads the message of a frame; false when it carries none.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="content">The message's, or that of the message for a selection of actors.</param>
    /// <param name="sender">The path of the actor that the sender says it is; empty: of none.</param>
    /// <exception cref="MalformedMessageException">It is no frame.</exception>
    public static bool TryMessage(
        ReadOnlySpan<byte> frame, out MessageContent content, out ReadOnlySpan<byte> sender)
    {
        content = default;
        sender = default;
        if (ProtoFields.TryBytes(frame, Instruction, out _)
            || !ProtoFields.TryBytes(frame, Payload, out var container)
            || !ProtoFields.TryBytes(container, 2, out var envelope)
            || !ProtoFields.TryBytes(envelope, 2, out var message)) return false;
        if (ProtoFields.TryBytes(envelope, 4, out var actor)) _ = ProtoFields.TryBytes(actor, 1, out sender);
        content = MessageContent.Of(message);
        if (content.Serializer != MessageContent.Selection) return true;
        content = ProtoFields.TryBytes(content.Bytes, 1, out var inner) ? MessageContent.Of(inner) : default;
        // Nobody selects actors to select actors.
        return content.Serializer != MessageContent.Selection
            ? true : throw new MalformedMessageException("a selection within a selection");
    }

    private static string Text(ReadOnlySpan<byte> message, int field) =>
        ProtoFields.TryBytes(message, field, out var bytes) ? Encoding.UTF8.GetString(bytes) : "";

    private static ByteString Write(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true)) write(output);
        return ByteString.CopyFrom(bytes.ToArray());
    }

    private static void Field(CodedOutputStream output, int field, ulong value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteUInt64(value);
    }
}

/// <summary>A message in its serialized form.</summary>
internal readonly ref struct MessageContent
{
    /// <summary>The serializer of messages to a selection of actors.</summary>
    public const int Selection = 6;

    /// <summary>The number of the serializer that reads it.</summary>
    public int Serializer { get; private init; }

    /// <summary>The manifest.</summary>
    public ReadOnlySpan<byte> Manifest { get; private init; }

    /// <summary>What the serializer reads.</summary>
    public ReadOnlySpan<byte> Bytes { get; private init; }

    /// <summary>Reads Akka's envelope.</summary>
    public static MessageContent Of(ReadOnlySpan<byte> message)
    {
        _ = ProtoFields.TryBytes(message, 1, out var bytes);
        _ = ProtoFields.TryBytes(message, 3, out var manifest);
        return new() { Serializer = (int)ProtoFields.Number(message, 2), Manifest = manifest, Bytes = bytes };
    }
}
