using Google.Protobuf;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
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
        AllocateIds ids => new Proto.Command { AllocateIds = new Proto.AllocateIds { Count = ids.Count } }.ToByteArray(),
        ReserveTimestamps { UntilMs: var until } => new Proto.Command
        {
            ReserveTimestamps = new Proto.ReserveTimestamps { UntilMs = until },
        }.ToByteArray(),
        _ => throw new ArgumentException($"{command.GetType()} is no kind of command", nameof(command)),
    };

    /// <summary>Reads what <see cref="Encode(Command)"/> wrote.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public static Command Decode(ReadOnlyMemory<byte> bytes)
    {
        var wire = WireCodec.Parse(Proto.Command.Parser, bytes);
        switch (wire.BodyCase)
        {
            case Proto.Command.BodyOneofCase.Write:
                return Read(wire.Write);
            case Proto.Command.BodyOneofCase.AllocateIds:
                return new AllocateIds(wire.AllocateIds.Count);
            case Proto.Command.BodyOneofCase.ReserveTimestamps:
                var until = wire.ReserveTimestamps.UntilMs;
                WireCodec.Require(until is >= 0 and <= TimestampOracle.EndOfTimeMs, $"timestamps until {until} ms");
                return new ReserveTimestamps(until);
            default:
                throw new MalformedMessageException("a command without a body");
        }
    }

    /// <summary>Whether bytes are a write that <see cref="Decode"/> reads. Allocates nothing.</summary>
    public static bool IsWrite(ReadOnlyMemory<byte> bytes) => CommandForm.IsWrite(bytes.Span);

    /// <summary>Whether bytes are a command for placement. They are few, so one is made and forgotten.</summary>
    public static bool IsPlacement(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return Decode(bytes) is AllocateIds or ReserveTimestamps;
        }
        catch (MalformedMessageException)
        {
            return false;
        }
    }

    // What Proto.Command would write, which measures all writes once more to do so.
    private static byte[] Encode(Proto.WriteCommand write)
    {
        var size = write.CalculateSize();
        var bytes = new byte[
            CodedOutputStream.ComputeTagSize(Proto.Command.WriteFieldNumber) + CodedOutputStream.ComputeLengthSize(size) + size];
        using var output = new CodedOutputStream(bytes);
        output.WriteTag(Proto.Command.WriteFieldNumber, WireFormat.WireType.LengthDelimited);
        output.WriteLength(size);
        write.WriteTo(output);
        output.CheckNoSpaceLeft();
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

    private static WriteCommand Read(Proto.WriteCommand wire)
    {
        var batch = new Modify[wire.Modifies.Count];
        for (var i = 0; i < batch.Length; i++) batch[i] = Read(wire.Modifies[i]);
        return new WriteCommand(wire.RegionVersion, batch, wire.Condition is { } condition ? Read(condition) : null);
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

    private static Modify Read(Proto.Modify wire)
    {
        var family = Family(wire.ColumnFamily);
        WireCodec.Require(wire.DeleteRange || wire.EndKey.IsEmpty, "a write of one key with an end key");
        if (!wire.Delete && !wire.DeleteRange) return new Modify.Put(family, wire.Key.Memory, wire.Value.Memory);
        WireCodec.Require(wire.Value.IsEmpty, "a delete with a value");
        WireCodec.Require(wire.Delete != wire.DeleteRange, "a delete of both a key and a range");
        return wire.Delete ? new Modify.Delete(family, wire.Key.Memory)
            : new Modify.DeleteRange(family, new KeyRange(wire.Key.Memory, wire.EndKey.Memory));
    }

    private static Condition Read(Proto.Condition wire)
    {
        WireCodec.Require(wire.Present || wire.Value.IsEmpty, "a condition that expects no key, and a value of it");
        return new Condition(
            Family(wire.ColumnFamily), wire.Key.Memory,
            wire.Present ? (ReadOnlyMemory<byte>?)wire.Value.Memory : null);
    }

    private static ColumnFamily Family(int number)
    {
        var family = (ColumnFamily)number;
        // The store's own records are no command's: they say what is applied.
        var known = family is >= ColumnFamily.Default and <= ColumnFamily.Write;
        WireCodec.Require(known, "a command for a column family that commands do not write");
        return family;
    }
}
