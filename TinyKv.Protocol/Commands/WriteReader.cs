using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;

namespace TinyKv.Protocol.Commands;

/// <summary>
/// Makes writes out of bytes that have their form (<see cref="CommandForm"/>). Keys and values stay where they are: every
/// replica reads every write, and a copy of each would be garbage at once.
/// </summary>
internal static class WriteReader
{
    /// <summary>The write, or the group of writes.</summary>
    public static Command Read(ReadOnlyMemory<byte> command)
    {
        var reader = new FieldReader(command.Span);
        reader.Next();
        var body = BytesOf(command, reader);
        return reader.Field == CommandForm.GroupBody ? ReadGroup(body) : ReadWrite(body);
    }

    private static WriteGroup ReadGroup(ReadOnlyMemory<byte> group)
    {
        var writes = new List<WriteCommand>();
        var reader = new FieldReader(group.Span);
        while (reader.Next()) writes.Add(ReadWrite(BytesOf(group, reader)));
        return new WriteGroup(writes);
    }

    private static WriteCommand ReadWrite(ReadOnlyMemory<byte> write)
    {
        var (version, modifies, condition) = (0UL, new Modify[CountModifies(write.Span)], (Condition?)null);
        var next = 0;
        var reader = new FieldReader(write.Span);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case CommandForm.Version: version = reader.Number; break;
                case CommandForm.Modifies: modifies[next++] = ReadModify(BytesOf(write, reader)); break;
                case CommandForm.Condition: condition = ReadCondition(BytesOf(write, reader)); break;
            }
        }
        return new WriteCommand(version, modifies, condition);
    }

    private static int CountModifies(ReadOnlySpan<byte> write)
    {
        var count = 0;
        var reader = new FieldReader(write);
        while (reader.Next())
            if (reader.Field == CommandForm.Modifies) count++;
        return count;
    }

    private static Modify ReadModify(ReadOnlyMemory<byte> modify)
    {
        var (family, key, value, end) = (ColumnFamily.Default, Nothing, Nothing, Nothing);
        var (deletes, deletesRange) = (false, false);
        var reader = new FieldReader(modify.Span);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case CommandForm.Family: family = (ColumnFamily)reader.Number; break;
                case CommandForm.Delete: deletes = true; break;
                case CommandForm.Key: key = BytesOf(modify, reader); break;
                case CommandForm.Value: value = BytesOf(modify, reader); break;
                case CommandForm.DeleteRange: deletesRange = true; break;
                case CommandForm.EndKey: end = BytesOf(modify, reader); break;
            }
        }
        if (deletesRange) return new Modify.DeleteRange(family, new KeyRange(key, end));
        return deletes ? new Modify.Delete(family, key) : new Modify.Put(family, key, value);
    }

    private static Condition ReadCondition(ReadOnlyMemory<byte> condition)
    {
        var (family, key, value, isPresent) = (ColumnFamily.Default, Nothing, Nothing, false);
        var reader = new FieldReader(condition.Span);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case CommandForm.Family: family = (ColumnFamily)reader.Number; break;
                case CommandForm.ConditionKey: key = BytesOf(condition, reader); break;
                case CommandForm.Present: isPresent = true; break;
                case CommandForm.Value: value = BytesOf(condition, reader); break;
            }
        }
        return new Condition(family, key, isPresent ? (ReadOnlyMemory<byte>?)value : null);
    }

    private static ReadOnlyMemory<byte> Nothing => ReadOnlyMemory<byte>.Empty;

    private static ReadOnlyMemory<byte> BytesOf(ReadOnlyMemory<byte> message, in FieldReader reader) =>
        message.Slice(reader.Offset, reader.Bytes.Length);
}
