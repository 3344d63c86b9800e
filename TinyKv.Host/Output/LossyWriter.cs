using System.Globalization;
using System.Text;

namespace TinyKv.Host.Output;

/// <summary>
/// Writes text to a stream that may be slow, stuck or broken, and neither waits for it nor fails with it: a thread of its
/// own writes, and what it cannot get rid of is dropped and counted. A log must not decide over what is logged.
/// </summary>
internal sealed class LossyWriter : TextWriter
{
    private readonly Stream _stream;
    private readonly int _capacity;
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _written = new(initialState: false);
    private readonly ManualResetEventSlim _idle = new(initialState: true);

    // Guarded by the lock.
    private StringBuilder _waiting = new();
    private int _texts;
    private long _lost;

    /// <summary>Starts the thread.</summary>
    /// <param name="stream">Where the text goes, as UTF-8.</param>
    /// <param name="capacity">The most characters that wait for the stream.</param>
    public LossyWriter(Stream stream, int capacity = 1024 * 1024) : base(CultureInfo.InvariantCulture)
    {
        (_stream, _capacity) = (stream, capacity);
        NewLine = "\n";
        new Thread(Run) { IsBackground = true, Name = "output" }.Start();
    }

    /// <inheritdoc/>
    public override Encoding Encoding { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>How many texts were dropped and not reported yet: the next that reaches the stream says how many.</summary>
    public long Lost
    {
        get
        {
            lock (_lock) return _lost;
        }
    }

    /// <inheritdoc/>
    public override void Write(char value) => Add([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Add(value);

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Add(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer) => Add(buffer);

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Add(value + NewLine);

    /// <inheritdoc/>
    public override Task WriteAsync(string? value)
    {
        Add(value);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task WriteLineAsync(string? value)
    {
        Add(value + NewLine);
        return Task.CompletedTask;
    }

    /// <summary>Waits until all is written or dropped, but not longer than <paramref name="bound"/>; whether it is.</summary>
    public bool Drain(TimeSpan bound) => _idle.Wait(bound);

    private void Add(ReadOnlySpan<char> text)
    {
        lock (_lock)
        {
            if (text.Length > _capacity - _waiting.Length)
            {
                _lost++;
                return;
            }
            _waiting.Append(text);
            _texts++;
            _idle.Reset();
        }
        _written.Set();
    }

    private void Run()
    {
        var batch = new StringBuilder();
        while (true)
        {
            int texts;
            long lost;
            lock (_lock)
            {
                (batch, _waiting) = (_waiting, batch);
                (texts, lost, _texts) = (_texts, _lost, 0);
                if (batch.Length == 0) _idle.Set();
            }
            if (batch.Length == 0) _written.WaitOne();
            else Put(batch, texts, lost);
            batch.Clear();
        }
    }

    private void Put(StringBuilder batch, int texts, long reported)
    {
        var note = reported == 0 ? "" : $"... {reported} messages are missing around here: the output did not take them\n";
        try
        {
            _stream.Write(Encoding.GetBytes($"{note}{batch}"));
            _stream.Flush();
            lock (_lock) _lost -= reported;
        }
        catch (Exception)
        {
            // Whatever is wrong with the stream; it is tried again with what comes next.
            lock (_lock) _lost += texts;
        }
    }
}
