using TinyKv.Core.Keys;

namespace TinyKv.Protocol.Commands;

/// <summary>
/// Whether bytes are a write or a group of writes, without making one: what is not must not get into a log, because every
/// replica would have to apply it. Whatever passes can be decoded; what
/// <see cref="CommandCodec.Encode(TinyKv.Core.Commands.Command)"/> and <see cref="CommandCodec.Join"/> make of writes passes.
/// </summary>
internal static class CommandForm
{
    // Fields of the messages in internal.proto. A condition has the families and the value of a modify.
    public const int WriteBody = 1, GroupBody = 4;
    public const int Writes = 1;
    public const int Version = 1, Modifies = 2, Condition = 3;
    public const int Family = 1, Delete = 2, Key = 3, Value = 4, DeleteRange = 5, EndKey = 6;
    public const int ConditionKey = 2, Present = 3;

    public static bool IsWrite(ReadOnlySpan<byte> command)
    {
        var reader = new FieldReader(command);
        if (!reader.Next() || !HasBytes(reader)) return false;
        var field = reader.Field;
        var body = reader.Bytes;
        if (reader.Next() || !reader.IsWhole) return false;
        return field switch
        {
            WriteBody => Fits(body, mayHaveCondition: true),
            GroupBody => IsGroup(body),
            _ => false,
        };
    }

    private static bool IsGroup(ReadOnlySpan<byte> group)
    {
        var reader = new FieldReader(group);
        while (reader.Next())
            if (reader.Field != Writes || !HasBytes(reader) || !Fits(reader.Bytes, mayHaveCondition: false)) return false;
        return reader.IsWhole && !group.IsEmpty;
    }

    private static bool Fits(ReadOnlySpan<byte> write, bool mayHaveCondition)
    {
        var reader = new FieldReader(write);
        var last = 0;
        while (reader.Next())
        {
            var (isNew, isInOrder) = (reader.Field > last, reader.Field >= last);
            var fits = reader.Field switch
            {
                Version => isNew && reader.Kind == FieldKind.Varint,
                Modifies => isInOrder && HasBytes(reader) && IsModify(reader.Bytes),
                Condition => mayHaveCondition && isNew && HasBytes(reader) && IsCondition(reader.Bytes),
                _ => false,
            };
            if (!fits) return false;
            last = reader.Field;
        }
        return reader.IsWhole;
    }

    private static bool IsModify(ReadOnlySpan<byte> modify)
    {
        var reader = new FieldReader(modify);
        var (last, deletes, deletesRange, hasValue, hasEnd) = (0, false, false, false, false);
        while (reader.Next())
        {
            if (reader.Field <= last) return false;
            last = reader.Field;
            switch (last)
            {
                case Family when IsFamily(reader): break;
                case Delete when IsTrue(reader): deletes = true; break;
                case Key when HasBytes(reader): break;
                case Value when HasBytes(reader): hasValue = !reader.Bytes.IsEmpty; break;
                case DeleteRange when IsTrue(reader): deletesRange = true; break;
                case EndKey when HasBytes(reader): hasEnd = !reader.Bytes.IsEmpty; break;
                default: return false;
            }
        }
        return reader.IsWhole && !(deletes && deletesRange) && !(hasValue && (deletes || deletesRange))
            && (deletesRange || !hasEnd);
    }

    private static bool IsCondition(ReadOnlySpan<byte> condition)
    {
        var reader = new FieldReader(condition);
        var (last, isPresent, hasValue) = (0, false, false);
        while (reader.Next())
        {
            if (reader.Field <= last) return false;
            last = reader.Field;
            switch (last)
            {
                case Family when IsFamily(reader): break;
                case ConditionKey when HasBytes(reader): break;
                case Present when IsTrue(reader): isPresent = true; break;
                case Value when HasBytes(reader): hasValue = !reader.Bytes.IsEmpty; break;
                default: return false;
            }
        }
        return reader.IsWhole && (isPresent || !hasValue);
    }

    private static bool IsFamily(in FieldReader reader) =>
        reader.Kind == FieldKind.Varint && reader.Number <= (ulong)ColumnFamily.Write;

    private static bool IsTrue(in FieldReader reader) => reader.Kind == FieldKind.Varint && reader.Number == 1;

    private static bool HasBytes(in FieldReader reader) => reader.Kind == FieldKind.Bytes;
}
