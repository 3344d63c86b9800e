using System.Buffers.Binary;
using System.Text;
using Akka.Actor;
using Akka.Persistence;
using Akka.Serialization;

namespace TinyKv.Persistence.Journal;

/// <summary>
/// An event as bytes: format (1 byte), serializer id (4), length of the manifest (2), manifest, length of the
/// adapter's manifest (2), adapter's manifest, payload. Numbers are little-endian, texts UTF-8.
/// </summary>
internal sealed class EventCodec(Serialization serialization)
{
    /// <summary>Goes up when the layout changes; older layouts stay readable.</summary>
    private const byte Format = 1;

    private const int FixedBytes = sizeof(byte) + sizeof(int);

    /// <summary>Serializes an event.</summary>
    public byte[] Encode(IPersistentRepresentation message)
    {
        var payload = message.Payload;
        var serializer = serialization.FindSerializerForType(payload.GetType());
        var manifest = Serialization.ManifestFor(serializer, payload);
        var adapterManifest = message.Manifest ?? "";
        var body = serializer.ToBinary(payload);

        var bytes = new byte[FixedBytes + Size(manifest) + Size(adapterManifest) + body.Length];
        bytes[0] = Format;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(sizeof(byte)), serializer.Identifier);
        var rest = Write(manifest, bytes.AsSpan(FixedBytes));
        rest = Write(adapterManifest, rest);
        body.CopyTo(rest);
        return bytes;
    }

    /// <summary>Reads an event back.</summary>
    /// <exception cref="InvalidDataException">Damaged, or written by a newer version.</exception>
    public Persistent Decode(string persistenceId, long sequenceNumber, ReadOnlySpan<byte> bytes)
    {
        var fields = Split(persistenceId, sequenceNumber, bytes);
        try
        {
            var payload = serialization.Deserialize(fields.Body, fields.Serializer, fields.Manifest);
            return new Persistent(
                payload, sequenceNumber, persistenceId, fields.AdapterManifest, false, ActorRefs.NoSender);
        }
        catch (Exception e)
        {
            // Bytes that are not what was written can make any serializer fail in its own way.
            throw Damaged(persistenceId, sequenceNumber, e);
        }
    }

    /// <summary>The fields of an event, its payload not read.</summary>
    /// <exception cref="InvalidDataException">Damaged, or written by a newer version.</exception>
    public static EventFields Split(string persistenceId, long sequenceNumber, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] != Format)
            throw new InvalidDataException(
                $"event {sequenceNumber} of {persistenceId} has format {(bytes.IsEmpty ? "none" : bytes[0])}; known is {Format}");
        try
        {
            var serializer = BinaryPrimitives.ReadInt32LittleEndian(bytes[sizeof(byte)..]);
            var manifest = Read(bytes[FixedBytes..], out var rest);
            var adapterManifest = Read(rest, out var body);
            return new EventFields(serializer, manifest, adapterManifest, body.ToArray());
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw Damaged(persistenceId, sequenceNumber, e);
        }
    }

    private static InvalidDataException Damaged(string persistenceId, long sequenceNumber, Exception cause) =>
        new($"event {sequenceNumber} of {persistenceId} is damaged: {cause.Message}", cause);

    private static int Size(string text) => sizeof(ushort) + Encoding.UTF8.GetByteCount(text);

    private static Span<byte> Write(string text, Span<byte> target)
    {
        var length = Encoding.UTF8.GetBytes(text, target[sizeof(ushort)..]);
        BinaryPrimitives.WriteUInt16LittleEndian(target, checked((ushort)length));
        return target[(sizeof(ushort) + length)..];
    }

    private static string Read(ReadOnlySpan<byte> source, out ReadOnlySpan<byte> rest)
    {
        var end = sizeof(ushort) + BinaryPrimitives.ReadUInt16LittleEndian(source);
        rest = source[end..];
        return Encoding.UTF8.GetString(source[sizeof(ushort)..end]);
    }
}

/// <summary>An event as it is stored.</summary>
internal readonly record struct EventFields(int Serializer, string Manifest, string AdapterManifest, byte[] Body);
