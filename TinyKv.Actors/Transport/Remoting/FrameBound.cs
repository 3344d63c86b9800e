using DotNetty.Buffers;
using DotNetty.Common.Utilities;
using DotNetty.Transport.Channels;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>
/// Watches the frames of one connection come in, before they are collected: how long they may be, how much of an
/// unfinished one there is, and since when.
/// </summary>
/// <param name="unfinished">What all connections together hold of unfinished frames.</param>
/// <param name="time">The clock.</param>
/// <param name="owes">Is told that a frame is unfinished.</param>
/// <param name="refuse">Is told why the connection is closed.</param>
internal sealed class FrameBound(UnfinishedFrames unfinished, TimeProvider time, Action owes, Action<string> refuse)
    : ChannelHandlerAdapter
{
    private const int LengthBytes = 4;

    private volatile int _max = RemotingFrame.MaxHandshakeBytes;
    private volatile bool _trusted;
    private volatile bool _givenUp;
    private long _since;
    private int _length;
    private int _lengthBytes;
    private int _missing;
    private long _held;

    /// <summary>Since when a frame is unfinished, as a time stamp of the clock; 0 when none is.</summary>
    public long UnfinishedSince => _trusted || _givenUp ? 0 : Volatile.Read(ref _since);

    /// <summary>The handshake is over.</summary>
    /// <param name="max">The most bytes of a frame.</param>
    /// <param name="trusted">Whether it is a store's: its frames are not held against others.</param>
    public void Open(int max, bool trusted)
    {
        _trusted = trusted;
        _max = max;
    }

    /// <inheritdoc/>
    public override void ChannelRead(IChannelHandlerContext context, object message)
    {
        if (message is IByteBuffer bytes && !Take(bytes))
        {
            ReferenceCountUtil.SafeRelease(message);
            refuse("a frame that is too large");
            _ = context.CloseAsync();
            return;
        }
        context.FireChannelRead(message);
    }

    /// <inheritdoc/>
    public override void ChannelInactive(IChannelHandlerContext context)
    {
        Hold(0);
        context.FireChannelInactive();
    }

    /// <summary>The connection is being closed: what it holds does not count any more.</summary>
    public void GiveUp()
    {
        _givenUp = true;
        Hold(0);
    }

    private bool Take(IByteBuffer bytes)
    {
        var (held, since) = (_held, _since);
        for (var at = bytes.ReaderIndex; at < bytes.WriterIndex;)
        {
            if (_missing == 0)
            {
                if (_lengthBytes == 0) (held, since) = (0, time.GetTimestamp());
                _length |= bytes.GetByte(at++) << (8 * _lengthBytes);
                if (++_lengthBytes < LengthBytes) continue;
                if (_length < 0 || _length > _max) return false;
                (_missing, _length, _lengthBytes) = (_length, 0, 0);
                continue;
            }
            var part = Math.Min(_missing, bytes.WriterIndex - at);
            at += part;
            _missing -= part;
            held += part;
        }
        Volatile.Write(ref _since, _missing == 0 && _lengthBytes == 0 ? 0 : since);
        Hold(_missing == 0 ? 0 : held);
        if (UnfinishedSince != 0) owes();
        return true;
    }

    private void Hold(long held)
    {
        if (_trusted || _givenUp) held = 0;
        var before = Interlocked.Exchange(ref _held, held);
        if (held != before) unfinished.Add(held - before);
    }
}

/// <summary>What the connections of those who are no stores hold of unfinished frames.</summary>
/// <param name="max">The most bytes; when there are more, the oldest is given up.</param>
/// <param name="giveUp">Closes the connection with the oldest.</param>
internal sealed class UnfinishedFrames(long max, Action giveUp)
{
    private long _bytes;

    /// <summary>How many bytes there are.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>A connection holds more, or less.</summary>
    public void Add(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) > max && bytes > 0) giveUp();
    }
}
