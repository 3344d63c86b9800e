using System.Text;
using TinyKv.Client;
using TinyKv.Core;

namespace TinyKv.Faults.Workload;

/// <summary>Data that is written once: it makes snapshots large enough to take their time, and must always be there.</summary>
/// <param name="seed">Decides the bytes, which do not compress.</param>
internal sealed class Ballast(int seed)
{
    private const int Keys = 256;
    private const int ValueBytes = 64 * 1024;
    private const int AtOnce = 8;

    /// <summary>Writes all of it.</summary>
    public Task WriteAsync(TinyKvClient client, CancellationToken cancellation) =>
        ForEachAsync(async (i, token) => await client.Raw.PutAsync(KeyOf(i), ValueOf(i), cancellation: token), cancellation);

    /// <summary>Reads all of it.</summary>
    /// <exception cref="TinyKvException">Something is missing or wrong.</exception>
    public Task VerifyAsync(TinyKvClient client, CancellationToken cancellation) => ForEachAsync(async (i, token) =>
    {
        var value = await client.Raw.GetAsync(KeyOf(i), cancellation: token);
        if (value is null || !value.AsSpan().SequenceEqual(ValueOf(i)))
            throw new TinyKvException($"{Encoding.UTF8.GetString(KeyOf(i))} {(value is null ? "is lost" : "holds other bytes")}");
    }, cancellation);

    private static Task ForEachAsync(Func<int, CancellationToken, ValueTask> run, CancellationToken cancellation) =>
        Parallel.ForEachAsync(Enumerable.Range(0, Keys),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, run);

    private static byte[] KeyOf(int i) => Encoding.UTF8.GetBytes($"ballast-{i:d4}");

    private byte[] ValueOf(int i)
    {
        var value = new byte[ValueBytes];
        new Random(seed + i).NextBytes(value);
        return value;
    }
}
