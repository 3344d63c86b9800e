using Google.Protobuf;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Storage;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Commands;

/// <summary>Commands as bytes. Their bytes live in logs: fields are only ever added.</summary>
public static class CommandCodec
{
    /// <summary>The most bytes that a write, or the condition, takes in a command beside keys and values.</summary>
    public const int MaxOverheadBytes = 32;

    /// <summary>The bytes of a command.</summary>
    public static byte[] Encode(Command command) => command switch
    {
        WriteCommand write => Encode(Write(write)),
        WriteGroup group => Join([.. group.Writes.Select(write => (ReadOnlyMemory<byte>)Encode(write))]),
        AllocateIds ids => new Proto.Command { AllocateIds = new Proto.AllocateIds { Count = ids.Count } }.ToByteArray(),
        ReserveTimestamps { UntilMs: var until } => new Proto.Command
        {
            ReserveTimestamps = new Proto.ReserveTimestamps { UntilMs = until },
        }.ToByteArray(),
        SplitRegion split => RegionCommands.ToWire(split).ToByteArray(),
        _ when StoreCommands.ToWire(command) is { } about => about.ToByteArray(),
        _ => throw new ArgumentException($"{command.GetType()} is no kind of command", nameof(command)),
    };

    /// <summary>Reads what <see cref="Encode(Command)"/> wrote.</summary>
    /// <returns>The command; a write keeps <paramref name="bytes"/>, which nobody may change.</returns>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public static Command Decode(ReadOnlyMemory<byte> bytes)
    {
        if (IsWrite(bytes)) return WriteReader.Read(bytes);
        var wire = WireCodec.Parse(Proto.Command.Parser, bytes);
        switch (wire.BodyCase)
        {
            case Proto.Command.BodyOneofCase.AllocateIds:
                return new AllocateIds(wire.AllocateIds.Count);
            case Proto.Command.BodyOneofCase.ReserveTimestamps:
                var until = wire.ReserveTimestamps.UntilMs;
                WireCodec.Require(until is >= 0 and <= TimestampOracle.EndOfTimeMs, $"timestamps until {until} ms");
                return new ReserveTimestamps(until);
            case Proto.Command.BodyOneofCase.SplitRegion:
                return RegionCommands.FromWire(wire.SplitRegion);
            case not Proto.Command.BodyOneofCase.None when StoreCommands.FromWire(wire) is { } about:
                return about;
            case Proto.Command.BodyOneofCase.None:
                throw new MalformedMessageException("a command without a body");
            default:
                throw new MalformedMessageException("a write that does not have the form of one");
        }
    }

    /// <summary>One command for several writes (<see cref="WriteGroup"/>), from the bytes of each.</summary>
    /// <param name="writes">What <see cref="Encode(Command)"/> made of writes without a condition.</param>
    public static byte[] Join(IReadOnlyList<ReadOnlyMemory<byte>> writes)
    {
        var size = writes.Sum(write => write.Length);
        var bytes = NewBody(CommandForm.GroupBody, size, out var output);
        output.Dispose();
        var rest = bytes.AsSpan(bytes.Length - size);
        foreach (var write in writes)
        {
            write.Span.CopyTo(rest);
            rest = rest[write.Length..];
        }
        return bytes;
    }

    /// <summary>Whether bytes are a write, or several, that <see cref="Decode"/> reads. Allocates nothing.</summary>
    public static bool IsWrite(ReadOnlyMemory<byte> bytes) => CommandForm.IsWrite(bytes.Span);

    /// <summary>Whether bytes are a command for a region with data. Nearly all are writes; the others are few.</summary>
    public static bool IsData(ReadOnlyMemory<byte> bytes) =>
        IsWrite(bytes) || Is(bytes, static command => command is SplitRegion);

    /// <summary>Whether bytes are a command for placement. They are few, so one is made and forgotten.</summary>
    public static bool IsPlacement(ReadOnlyMemory<byte> bytes) =>
        Is(bytes, static command => command is not (WriteCommand or WriteGroup or SplitRegion));

    private static bool Is(ReadOnlyMemory<byte> bytes, Func<Command, bool> kind)
    {
        try
        {
            return kind(Decode(bytes));
        }
        catch (MalformedMessageException)
        {
            return false;
        }
    }

    // What Proto.Command would write, which measures all writes once more to do so.
    private static byte[] Encode(Proto.WriteCommand write)
    {
        var bytes = NewBody(CommandForm.WriteBody, write.CalculateSize(), out var output);
        using (output) write.WriteTo(output);
        return bytes;
    }

    private static byte[] NewBody(int field, int size, out CodedOutputStream output)
    {
        var bytes = new byte[CodedOutputStream.ComputeTagSize(field) + CodedOutputStream.ComputeLengthSize(size) + size];
        output = new CodedOutputStream(bytes);
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteLength(size);
        return bytes;
    }

    private static Proto.WriteCommand Write(WriteCommand command)
    {
        var wire = new Proto.WriteCommand { RegionVersion = command.RegionVersion };
        wire.Modifies.Capacity = command.Batch.Count;
        foreach (var modify in command.Batch) wire.Modifies.Add(Write(modify));
        if (command.Condition is { } condition) wire.Condition = Write(condition);
        return wire;
    }

    private static Proto.Modify Write(Modify modify)
    {
        var wire = new Proto.Modify { ColumnFamily = (int)modify.Family, Key = WireCodec.Wrap(modify.Key) };
        switch (modify)
        {
            case Modify.Put put:
                wire.Value = WireCodec.Wrap(put.Value);
                break;
            case Modify.Delete:
                wire.Delete = true;
                break;
            case Modify.DeleteRange range:
                wire.DeleteRange = true;
                wire.EndKey = WireCodec.Wrap(range.Range.End);
                break;
        }
        return wire;
    }

    private static Proto.Condition Write(Condition condition) => new()
    {
        ColumnFamily = (int)condition.Family,
        Key = WireCodec.Wrap(condition.Key),
        Present = condition.Expected is not null,
        Value = condition.Expected is { } expected ? WireCodec.Wrap(expected) : ByteString.Empty,
    };
}
