using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Testing.Linearizability;

namespace TinyKv.Testing;

/// <summary>
/// A raw client that notes in a history what it was asked and answered, so that <see cref="History.Check"/> tells whether
/// that can have happened one call after the other. Each key of a batch is noted by itself; scans are not noted, and
/// ranges cannot be deleted. A client with <see cref="TinyKvClientOptions.RetryUndeterminedWrites"/> is not for it: the
/// first attempt of a write may take effect after the second was answered.
/// </summary>
/// <param name="client">What makes the calls.</param>
/// <param name="history">Where they are noted; all clients that write the same keys share it.</param>
public sealed class RecordingClient(IRawClient client, History history) : IRawClient
{
    private readonly int _number = history.NextClient();

    /// <inheritdoc/>
    public async Task<byte[]?> GetAsync(ReadOnlyMemory<byte> key, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        var called = history.Now;
        var value = await client.GetAsync(key, family, cancellation);
        NoteRead(key.Span, family, value, called, history.Now);
        return value;
    }

    /// <inheritdoc/>
    public Task PutAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default) =>
        WriteAsync([(key, Put(value.ToArray()))], family, () => client.PutAsync(key, value, family, cancellation));

    /// <inheritdoc/>
    public Task DeleteAsync(ReadOnlyMemory<byte> key, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default) =>
        WriteAsync([(key, new RegisterInput.Delete())], family, () => client.DeleteAsync(key, family, cancellation));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<byte[]?>> BatchGetAsync(IReadOnlyList<byte[]> keys,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default)
    {
        var called = history.Now;
        var values = await client.BatchGetAsync(keys, family, cancellation);
        var returned = history.Now;
        foreach (var (key, value) in keys.Zip(values)) NoteRead(key, family, value, called, returned);
        return values;
    }

    /// <inheritdoc/>
    public Task BatchPutAsync(IReadOnlyList<RawPair> pairs, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        // Of two pairs with one key the later wins.
        var last = pairs.GroupBy(pair => ByteText.Of(pair.Key), StringComparer.Ordinal).Select(same => same.Last());
        return WriteAsync([.. last.Select(pair => ((ReadOnlyMemory<byte>)pair.Key, (RegisterInput)Put(pair.Value)))], family,
            () => client.BatchPutAsync(pairs, family, cancellation));
    }

    /// <inheritdoc/>
    public Task BatchDeleteAsync(IReadOnlyList<byte[]> keys, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default) =>
        WriteAsync([.. keys.Select(key => ((ReadOnlyMemory<byte>)key, (RegisterInput)new RegisterInput.Delete()))], family,
            () => client.BatchDeleteAsync(keys, family, cancellation));

    /// <summary>Refused: which keys it removes is not known.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public Task DeleteRangeAsync(KeyRange range, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default) => throw new NotSupportedException(
            "the deletion of a range cannot be noted key by key: name the keys, with BatchDeleteAsync");

    /// <inheritdoc/>
    public Task<CompareAndSetResult> CompareAndSetAsync(ReadOnlyMemory<byte> key, byte[]? expected, byte[]? desired,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default) =>
        SwapAsync(key, new RegisterInput.CompareAndSet(history.NumberOf(expected), history.NumberOf(desired)), family,
            () => client.CompareAndSetAsync(key, expected, desired, family, cancellation));

    /// <inheritdoc/>
    public Task<CompareAndSetResult> PutIfAbsentAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default) =>
        SwapAsync(key, new RegisterInput.PutIfAbsent(history.NumberOf(value.ToArray())!.Value), family,
            () => client.PutIfAbsentAsync(key, value, family, cancellation));

    /// <summary>Scans; what it finds is not noted.</summary>
    public IAsyncEnumerable<RawPair> ScanAsync(RawScan scan, CancellationToken cancellation = default) =>
        client.ScanAsync(scan, cancellation);

    private RegisterInput.Put Put(byte[] value) => new(history.NumberOf(value)!.Value);

    private Task<CompareAndSetResult> SwapAsync(
        ReadOnlyMemory<byte> key, RegisterInput input, ColumnFamily family, Func<Task<CompareAndSetResult>> call) =>
        WriteAsync([(key, input)], family, call,
            result => new RegisterOutput.Swapped(result.Succeeded, history.NumberOf(result.Previous)));

    private Task<bool> WriteAsync(
        IReadOnlyList<(ReadOnlyMemory<byte> Key, RegisterInput Input)> writes, ColumnFamily family, Func<Task> call) =>
        WriteAsync(writes, family, async () =>
        {
            await call();
            return true;
        }, _ => new RegisterOutput.Done());

    private async Task<T> WriteAsync<T>(IReadOnlyList<(ReadOnlyMemory<byte> Key, RegisterInput Input)> writes,
        ColumnFamily family, Func<Task<T>> call, Func<T, RegisterOutput> outputOf)
    {
        var called = history.Now;
        try
        {
            var result = await call();
            var returned = history.Now;
            foreach (var (key, input) in writes) Note(key.Span, family, input, outputOf(result), called, returned);
            return result;
        }
        catch (Exception e) when (e is not (TinyKvUnavailableException or TinyKvInvalidRequestException))
        {
            // It may have been done, or be done at any later time. After the two others it was not.
            foreach (var (key, input) in writes) Note(key.Span, family, input, null, called, null);
            throw;
        }
    }

    private void NoteRead(ReadOnlySpan<byte> key, ColumnFamily family, byte[]? value, long called, long returned) =>
        Note(key, family, new RegisterInput.Get(), new RegisterOutput.Found(history.NumberOf(value)), called, returned);

    private void Note(ReadOnlySpan<byte> key, ColumnFamily family, RegisterInput input, RegisterOutput? output,
        long called, long? returned) => history.Add(
            family == ColumnFamily.Default ? ByteText.Of(key) : $"{ByteText.Of(key)} in {family}",
            new Operation<RegisterInput, RegisterOutput>(_number, input, output, called, returned));
}
