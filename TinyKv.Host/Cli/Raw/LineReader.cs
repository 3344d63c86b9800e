namespace TinyKv.Host.Cli.Raw;

/// <summary>Lines of a stream of any size in bounded memory. An end of line is LF or CRLF; a byte order mark before
/// the first line is left out.</summary>
internal sealed class LineReader(Stream stream, int maxLineBytes)
{
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _scanned;
    private int _end;
    private bool _atEnd;

    /// <summary>The number of the line that was read last, from 1.</summary>
    public long LineNumber { get; private set; }

    /// <summary>The bytes taken from the stream as lines so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The next line, valid until the next call; null at the end.</summary>
    /// <exception cref="FormatException">The line is longer than allowed, and is counted; or the file is UTF-16.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellation)
    {
        // Lines that are in the buffer already must not delay the end either.
        cancellation.ThrowIfCancellationRequested();
        while (true)
        {
            var found = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (found >= 0) return Take(_scanned + found, 1);
            _scanned = _end;
            if (_atEnd && _start == _end) return null;
            if (_atEnd) return Take(_end, 0);
            if (_end - _start > maxLineBytes)
            {
                LineNumber++;
                throw new FormatException($"it is longer than any pair can be ({maxLineBytes} bytes)");
            }
            await FillAsync(cancellation);
        }
    }

    private ReadOnlyMemory<byte> Take(int end, int terminator)
    {
        var start = _start;
        _start = _scanned = end + terminator;
        BytesRead += _start - start;
        if (++LineNumber == 1)
        {
            var line = _buffer.AsSpan(start, end - start);
            if (line.StartsWith("\uFEFF"u8)) start += 3;
            if (line is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
                throw new FormatException("the file is UTF-16, as its first two bytes say: expected UTF-8");
        }
        if (end > start && _buffer[end - 1] == '\r') end--;
        return _buffer.AsMemory(start, end - start);
    }

    private async ValueTask FillAsync(CancellationToken cancellation)
    {
        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            (_scanned, _end, _start) = (_scanned - _start, _end - _start, 0);
        }
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        // Reads of standard input do not listen to the token; one that is left behind writes to a buffer that is no
        // longer used.
        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation).AsTask().WaitAsync(cancellation);
        // The end may be there because the sender was cancelled too: what came last may be half a line.
        cancellation.ThrowIfCancellationRequested();
        _end += read;
        _atEnd = read == 0;
    }
}
