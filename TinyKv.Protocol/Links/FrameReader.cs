using System.Buffers.Binary;

namespace TinyKv.Protocol.Links;

/// <summary>Reads frames, one after the other. Those that arrive together are read together.</summary>
internal sealed class FrameReader(Stream stream)
{
    // A longer frame is read into its own memory.
    private const int BufferBytes = 16 * 1024;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _from;
    private int _to;

    /// <summary>The bytes of the next message, which nobody writes to any more; null when there is none to come.</summary>
    /// <param name="maxBytes">The longest that is taken. Memory is set aside for it when its length has arrived.</param>
    /// <param name="cancellation">Gives up; the reader is of no use then.</param>
    /// <exception cref="MalformedMessageException">It is longer, or its length impossible.</exception>
    /// <exception cref="IOException">The connection broke, or ended within a frame.</exception>
    public async ValueTask<byte[]?> ReadAsync(int maxBytes, CancellationToken cancellation)
    {
        while (_to - _from < Frame.HeaderBytes)
            if (!await FillAsync(cancellation)) return null;
        var size = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_from));
        _from += Frame.HeaderBytes;
        WireCodec.Require(size > 0 && size <= maxBytes, "a frame of an impossible length");
        var frame = new byte[size];
        var there = Math.Min(size, _to - _from);
        _buffer.AsSpan(_from, there).CopyTo(frame);
        _from += there;
        if (there < size) await stream.ReadExactlyAsync(frame.AsMemory(there), cancellation);
        return frame;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
        (_from, _to) = (0, _to - _from);
        var read = await stream.ReadAsync(_buffer.AsMemory(_to), cancellation);
        _to += read;
        if (read == 0 && _to > 0) throw new EndOfStreamException("it ended within a frame");
        return read > 0;
    }
}
