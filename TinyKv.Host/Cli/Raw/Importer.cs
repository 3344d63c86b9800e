using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Core.Keys;

namespace TinyKv.Host.Cli.Raw;

/// <summary>How much of an import may be on its way at once.</summary>
internal readonly record struct ImportWindow(int Pairs, long Bytes)
{
    // Measured on three stores, pairs per second: 16 in flight 2,000, 64 5,800, 256 7,100, 1,024 5,200.
    // 32 MiB hold a few of the largest values.
    public static ImportWindow Default => new(256, 32 * 1024 * 1024);
}

/// <summary>How far an import is.</summary>
internal readonly record struct ImportProgress(long Stored, long BytesRead);

/// <summary>An import that did not store everything; the message says where it stopped and what is stored.</summary>
public sealed class ImportStoppedException(string message, Exception? cause)
    : TinyKvException(message, cause!);

/// <summary>
/// Stores the pairs of a stream with many writes on their way at once. Writes of the same key follow each other, so
/// that the last line wins; the first line that fails ends the import.
/// </summary>
internal sealed class Importer(
    IRawClient client, ColumnFamily family, PairCodec codec, LineReader lines, ImportWindow window)
{
    // A cancelled import lets the writes that are on their way finish, so that its report is exact.
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(5);

    private readonly Queue<Write> _inFlight = new();
    private readonly Dictionary<byte[], Task> _lastOfKey = new(ByteKeyComparer.Instance);
    private long _bytesInFlight;
    private long _stored;
    private (long Line, Exception Error)? _failure;

    private sealed record Write(long Line, byte[] Key, int Bytes, Task Done);

    /// <summary>Imports to the end of the stream; returns the number of pairs stored.</summary>
    /// <exception cref="ImportStoppedException">A line is bad, a write failed, or the import was cancelled.</exception>
    public async Task<long> RunAsync(Action<ImportProgress> progress, CancellationToken cancellation)
    {
        using var drain = new CancellationTokenSource();
        await using var registration = cancellation.Register(() => drain.CancelAfter(DrainTimeout));
        try
        {
            while (_failure is null && await ReadPairAsync(cancellation) is { } pair)
            {
                Start(pair, drain.Token);
                while (IsFull || HeadIsDone) await CompleteOldestAsync();
                progress(new ImportProgress(_stored, lines.BytesRead));
            }
        }
        catch (OperationCanceledException error)
        {
            _failure ??= (long.MaxValue, error);
        }
        while (_inFlight.Count > 0) await CompleteOldestAsync();
        progress(new ImportProgress(_stored, lines.BytesRead));
        return _failure is { } failure ? throw Stopped(failure.Line, failure.Error) : _stored;
    }

    private bool IsFull => _inFlight.Count >= window.Pairs || _bytesInFlight >= window.Bytes;

    private bool HeadIsDone => _inFlight.TryPeek(out var oldest) && oldest.Done.IsCompleted;

    private async ValueTask<RawPair?> ReadPairAsync(CancellationToken cancellation)
    {
        try
        {
            while (await lines.ReadAsync(cancellation) is { } line)
                if (!line.IsEmpty) return codec.Read(line.Span);
            return null;
        }
        catch (FormatException error)
        {
            _failure = (lines.LineNumber, error);
            return null;
        }
        catch (IOException error)
        {
            _failure = (lines.LineNumber + 1, error);
            return null;
        }
    }

    private void Start(RawPair pair, CancellationToken cancellation)
    {
        _lastOfKey.TryGetValue(pair.Key, out var earlier);
        var done = PutAsync(earlier, pair, cancellation);
        var bytes = pair.Key.Length + pair.Value.Length;
        _lastOfKey[pair.Key] = done;
        _bytesInFlight += bytes;
        _inFlight.Enqueue(new Write(lines.LineNumber, pair.Key, bytes, done));
    }

    private async Task PutAsync(Task? earlier, RawPair pair, CancellationToken cancellation)
    {
        if (earlier is not null) await earlier;
        await client.PutAsync(pair.Key, pair.Value, family, cancellation);
    }

    private async Task CompleteOldestAsync()
    {
        var oldest = _inFlight.Peek();
        try
        {
            await oldest.Done;
            _stored++;
        }
        catch (Exception error)
        {
            if (_failure is null || oldest.Line < _failure.Value.Line) _failure = (oldest.Line, error);
        }
        _inFlight.Dequeue();
        _bytesInFlight -= oldest.Bytes;
        if (_lastOfKey.TryGetValue(oldest.Key, out var last) && last == oldest.Done) _lastOfKey.Remove(oldest.Key);
    }

    private ImportStoppedException Stopped(long line, Exception error)
    {
        var stored = _stored switch
        {
            0 => "nothing is stored",
            1 => "1 pair is stored",
            _ => $"{_stored} pairs are stored",
        };
        if (error is OperationCanceledException) return new($"cancelled; {stored}", error);
        var before = _stored == 0 ? "" : ", all lines before it among them";
        var what = error is FormatException ? $"line {line}" : $"line {line} is not stored";
        return new($"{what}: {error.Message}; {stored}{before}", error);
    }
}

/// <summary>Keys compared by their bytes.</summary>
internal sealed class ByteKeyComparer : IEqualityComparer<byte[]>
{
    public static ByteKeyComparer Instance { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] key)
    {
        var hash = default(HashCode);
        hash.AddBytes(key);
        return hash.ToHashCode();
    }
}
