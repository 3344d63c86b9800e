using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Placement;

/// <summary>Commands of the placement group, as they are read from the log.</summary>
public static class PlacementCommandCodec
{
    /// <summary>
    /// The end of time for timestamps, in milliseconds: with 18 bits for those within one millisecond a timestamp fits
    /// 63 bits until the year 3084.
    /// </summary>
    public const long EndOfTimeMs = 1L << 45;

    /// <summary>Reads a command.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public static PlacementCommand Decode(ReadOnlyMemory<byte> bytes)
    {
        var command = WireCodec.Parse(PlacementCommand.Parser, bytes);
        WireCodec.Require(command.BodyCase != PlacementCommand.BodyOneofCase.None, "a placement command without a body");
        if (command.ReserveTimestamps is { UntilMs: var until })
            WireCodec.Require(until is >= 0 and <= EndOfTimeMs, $"timestamps until {until} ms");
        return command;
    }

    /// <summary>Whether bytes are a command. They are few, so one is made and forgotten.</summary>
    public static bool IsCommand(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            _ = Decode(bytes);
            return true;
        }
        catch (MalformedMessageException)
        {
            return false;
        }
    }
}
