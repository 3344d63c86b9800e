using BenchmarkDotNet.Attributes;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Raft;

namespace TinyKv.Benchmarks.Micro;

/// <summary>Commands and journal records to bytes and back.</summary>
[MemoryDiagnoser]
public class Codecs
{
    private const int Entries = 64;

    private static readonly Modify[] Batch =
        [new Modify.Put(ColumnFamily.Default, "key-000000000001"u8.ToArray(), new byte[256])];

    private readonly byte[] _command = CommandCodec.Encode(new WriteCommand(1, Batch));
    private readonly RaftRecord _record;
    private readonly byte[] _encoded;

    /// <summary>Makes what is encoded.</summary>
    public Codecs()
    {
        _record = new RaftRecord(1, new PeerId(1), [.. Enumerable.Range(1, Entries)
            .Select(index => new Entry(new LogPosition(index, 1), EntryKind.Command, _command))]);
        _encoded = RaftWire.Encode(_record);
    }

    /// <summary>One put of 256 bytes.</summary>
    [Benchmark]
    public byte[] EncodeCommand() => CommandCodec.Encode(new WriteCommand(1, Batch));

    /// <summary>The same back.</summary>
    [Benchmark]
    public object DecodeCommand() => CommandCodec.Decode(_command);

    /// <summary>A record of 64 such entries.</summary>
    [Benchmark]
    public byte[] EncodeRecord() => RaftWire.Encode(_record);

    /// <summary>The same back.</summary>
    [Benchmark]
    public object DecodeRecord() => RaftWire.DecodeRecord(_encoded);
}
