namespace TinyKv.Simulation.Nodes;

/// <summary>One end of a connection between processes: bytes arrive in the order in which they were written, or not at
/// all.</summary>
/// <param name="connections">Carries the bytes.</param>
/// <param name="owner">Whose end it is; null for somebody who is no store.</param>
/// <param name="at">Where.</param>
internal sealed class SimSocket(SimConnections connections, Process? owner, Machine at) : Stream
{
    private readonly Queue<byte> _arrived = new();
    private TaskCompletionSource _news = NewSignal();
    private bool _isClosed;
    private bool _isBroken;
    private bool _hasEnded;

    /// <summary>Whose end it is.</summary>
    public Process? Owner => owner;

    /// <summary>Where it is.</summary>
    public Machine At => at;

    /// <summary>The other end.</summary>
    public SimSocket Peer { get; set; } = null!;

    /// <summary>Whether what is written arrives nowhere, without anybody noticing.</summary>
    public bool IsDead { get; set; }

    /// <summary>Whether nobody uses it any more.</summary>
    public bool IsOver => _isClosed || _isBroken || owner is { IsDead: true };

    /// <summary>What is on its way to the other end; an empty one is the end.</summary>
    public Queue<byte[]> Sent { get; } = new();

    /// <summary>How many of those wait for a cut to end.</summary>
    public int Stalled { get; set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Bytes arrive, or the end.</summary>
    public void Take(byte[] bytes)
    {
        foreach (var each in bytes) _arrived.Enqueue(each);
        _hasEnded |= bytes.Length == 0;
        Notify();
    }

    /// <summary>The connection breaks, and this end notices.</summary>
    public void Break()
    {
        _isBroken = true;
        Notify();
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (_isBroken) throw new IOException("the connection broke");
        return new ValueTask(connections.Send(this, buffer.ToArray(), cancellationToken));
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_arrived.Count == 0)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (_isBroken) throw new IOException("the connection broke");
            if (_hasEnded) return 0;
            var news = _news;
            await using (cancellationToken.Register(() => news.TrySetCanceled(cancellationToken))) await news.Task;
        }
        // As much as there is, or less: frames arrive in pieces.
        var count = connections.Piece(Math.Min(buffer.Length, _arrived.Count));
        for (var i = 0; i < count; i++) buffer.Span[i] = _arrived.Dequeue();
        return count;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!_isClosed)
        {
            _isClosed = true;
            if (!_isBroken) _ = connections.Send(this, [], CancellationToken.None);
            Notify();
        }
        base.Dispose(disposing);
    }

    private void Notify()
    {
        var news = _news;
        _news = NewSignal();
        news.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
