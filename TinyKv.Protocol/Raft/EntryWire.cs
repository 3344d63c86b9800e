using System.Collections.Immutable;
using Google.Protobuf.Collections;
using TinyKv.Core.Raft;
using Proto = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Raft;

/// <summary>Log entries and positions, as messages and journal events share them.</summary>
internal static class EntryWire
{
    public static void AddTo(RepeatedField<Proto.LogEntry> field, ImmutableArray<Entry> entries)
    {
        field.Capacity = entries.Length;
        foreach (var entry in entries)
        {
            field.Add(new Proto.LogEntry
            {
                Index = entry.Index,
                Term = entry.Term,
                Kind = (int)entry.Kind,
                Data = WireCodec.Wrap(entry.Data),
            });
        }
    }

    /// <summary>Entries in log order: indexes consecutive, terms never falling.</summary>
    public static ImmutableArray<Entry> FromWire(RepeatedField<Proto.LogEntry> field)
    {
        var entries = ImmutableArray.CreateBuilder<Entry>(field.Count);
        var previous = LogPosition.Zero;
        foreach (var wire in field)
        {
            var position = new LogPosition(
                WireCodec.Count(wire.Index, "entry's index"), WireCodec.Count(wire.Term, "entry's term"));
            WireCodec.Require(position.Index > 0, "an entry has no index");
            if (entries.Count > 0) RequireSuccessor(previous, position);
            entries.Add(new Entry(position, Kind(wire), wire.Data.Memory));
            previous = position;
        }
        return entries.MoveToImmutable();
    }

    public static void RequireSuccessor(LogPosition previous, LogPosition next)
    {
        if (next.Index != previous.Index + 1 || next.Term < previous.Term)
            throw new MalformedMessageException($"entry {next} cannot follow {previous}");
    }

    public static Proto.Position ToWire(LogPosition position) =>
        new() { Index = position.Index, Term = position.Term };

    public static LogPosition FromWire(Proto.Position? position)
    {
        WireCodec.Require(position is not null, "a position is missing");
        return new LogPosition(
            WireCodec.Count(position.Index, "index"), WireCodec.Count(position.Term, "term"));
    }

    private static EntryKind Kind(Proto.LogEntry wire) => wire.Kind switch
    {
        (int)EntryKind.Command => EntryKind.Command,
        (int)EntryKind.NoOp => EntryKind.NoOp,
        (int)EntryKind.Configuration => EntryKind.Configuration,
        _ => throw new MalformedMessageException($"unknown kind of entry: {wire.Kind}"),
    };
}
