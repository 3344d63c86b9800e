using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using TinyKv.Core.Keys;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// Draws messages that are well formed and may say anything. Keys are beyond those of the clients: whatever a stranger
/// may write changes nothing that they see.
/// </summary>
internal sealed class MessageDraw(Random random)
{
    private const int Deepest = 4;

    /// <summary>Fills some of the fields.</summary>
    public T Fill<T>(T message, int depth = 0) where T : IMessage
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
            if (random.Percent(70)) Set(message, field, depth);
        return message;
    }

    /// <summary>Draws one field again that holds no messages.</summary>
    public T Redraw<T>(T message) where T : IMessage
    {
        var fields = message.Descriptor.Fields.InDeclarationOrder()
            .Where(field => field.FieldType != FieldType.Message).ToList();
        Set(message, fields[random.Next(fields.Count)], Deepest);
        return message;
    }

    /// <summary>A key that no client uses.</summary>
    public byte[] Key() => random.Next(10) switch
    {
        0 => [.. Enumerable.Repeat((byte)'~', Limits.MaxKeyBytes + random.Next(3))],
        1 => [0xff],
        _ => [(byte)'~', (byte)random.Next(256)],
    };

    private void Set(IMessage message, FieldDescriptor field, int depth)
    {
        if (field.IsMap) return;
        if (!field.IsRepeated)
        {
            field.Accessor.SetValue(message, Value(field, depth));
            return;
        }
        var list = (IList)field.Accessor.GetValue(message);
        list.Clear();
        for (var count = random.Next(4); count > 0; count--) list.Add(Value(field, depth));
    }

    private object Value(FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.Bool => random.Percent(50),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => unchecked((int)Number()),
        FieldType.UInt32 or FieldType.Fixed32 => unchecked((uint)Number()),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Number(),
        FieldType.UInt64 or FieldType.Fixed64 => unchecked((ulong)Number()),
        FieldType.String => Text(),
        FieldType.Bytes => random.Percent(20) ? ByteString.Empty : ByteString.CopyFrom(Key()),
        FieldType.Enum => Enum.ToObject(field.EnumType.ClrType, random.Next(4)),
        FieldType.Message => depth < Deepest ? Fill(Empty(field), depth + 1) : Empty(field),
        _ => throw new NotSupportedException($"{field.FullName} is a {field.FieldType}"),
    };

    private static IMessage Empty(FieldDescriptor field) => field.MessageType.Parser.ParseFrom(ByteString.Empty);

    private long Number() => random.Next(4) switch
    {
        0 => random.Pick(long.MaxValue, long.MinValue, -1, int.MaxValue, uint.MaxValue, 1L << 45),
        1 => random.NextInt64(),
        _ => random.Next(6),
    };

    private string Text() => random.Pick("", "", "", "default", "write", "no such thing", new string('x', 5000));
}
