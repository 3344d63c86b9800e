using System.Text;
using CsCheck;
using TinyKv.Host.Cli.Raw;

namespace TinyKv.Tests.Host.Cli;

public sealed class LineReaderTests
{
    [Fact]
    public async Task Lines_end_with_lf_or_crlf_and_the_last_may_lack_its_end() =>
        Assert.Equal(["a", "", "b\rc", "d"], await ReadAll("\uFEFFa\r\n\nb\rc\r\nd"));

    [Fact]
    public void Lines_of_any_length_survive_any_chunking() =>
        Gen.Select(Gen.String[Gen.Char['a', 'z'], 0, 200_000].Array[0, 4], Gen.Int[1, 100_000])
            .Sample((lines, chunk) =>
            {
                var text = string.Concat(lines.Select(line => line + "\n"));
                Assert.Equal(lines, ReadAll(text, chunk: chunk).GetAwaiter().GetResult());
            }, iter: 30);

    [Fact]
    public async Task A_line_that_is_too_long_is_refused_by_its_number()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("short\n" + new string('x', 1_000_000)));
        var reader = new LineReader(stream, maxLineBytes: 200_000);
        await reader.ReadAsync(default);

        await Assert.ThrowsAsync<FormatException>(async () => await reader.ReadAsync(default));
        Assert.Equal(2, reader.LineNumber);
    }

    [Fact]
    public async Task A_cancelled_read_ends_although_the_stream_does_not_listen()
    {
        using var cancel = new CancellationTokenSource();
        await using var stream = new DeafStream();
        var reading = new LineReader(stream, 1000).ReadAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => reading.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task An_end_after_a_cancellation_does_not_make_a_line_of_what_came_last()
    {
        using var cancel = new CancellationTokenSource();
        await using var stream = new DeafStream { BeforeEnd = cancel.Cancel };
        stream.Arrive("half a li");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await new LineReader(stream, 1000).ReadAsync(cancel.Token));
    }

    private static async Task<List<string>> ReadAll(string text, int chunk = int.MaxValue)
    {
        using var stream = new ChunkedStream(Encoding.UTF8.GetBytes(text), chunk);
        var reader = new LineReader(stream, 1_000_000);
        var lines = new List<string>();
        while (await reader.ReadAsync(default) is { } line) lines.Add(Encoding.UTF8.GetString(line.Span));
        Assert.Equal(Encoding.UTF8.GetByteCount(text), reader.BytesRead);
        return lines;
    }

    /// <summary>Reads as standard input does: whatever the token says. Ends, or waits for ever, after what
    /// arrived.</summary>
    private sealed class DeafStream : MemoryStream
    {
        public Action? BeforeEnd { get; init; }

        public void Arrive(string text)
        {
            Write(Encoding.UTF8.GetBytes(text));
            Position = 0;
        }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = Read(buffer.Span);
            if (read > 0) return read;
            if (BeforeEnd is null) await new TaskCompletionSource().Task;
            BeforeEnd?.Invoke();
            return 0;
        }
    }

    private sealed class ChunkedStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, chunk)], cancellationToken);
    }
}
