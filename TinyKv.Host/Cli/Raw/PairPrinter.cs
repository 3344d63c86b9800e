using System.Buffers;
using Spectre.Console;
using TinyKv.Client;

namespace TinyKv.Host.Cli.Raw;

/// <summary>Prints pairs: a table for people, which is cut to a screen's size, or whole lines for programs.</summary>
internal sealed class PairPrinter(CliHost host, OutputFormat format, bool hex, bool keysOnly = false)
{
    /// <summary>Of a value, a table shows so many bytes.</summary>
    public const int ShownBytes = 200;

    /// <summary>Prints the pairs as they come, a table when they have all come; returns how many.</summary>
    public Task<int> PrintAsync(IAsyncEnumerable<RawPair> pairs, CancellationToken cancellation) =>
        format == OutputFormat.Table ? PrintTableAsync(pairs, cancellation) : PrintLinesAsync(pairs, cancellation);

    /// <summary>Prints pairs that are there.</summary>
    public Task<int> PrintAsync(IEnumerable<RawPair> pairs, CancellationToken cancellation)
    {
        return PrintAsync(OneByOneAsync(), cancellation);

        async IAsyncEnumerable<RawPair> OneByOneAsync()
        {
            await Task.CompletedTask;
            foreach (var pair in pairs) yield return pair;
        }
    }

    private async Task<int> PrintTableAsync(IAsyncEnumerable<RawPair> pairs, CancellationToken cancellation)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("key");
        if (!keysOnly) table.AddColumn("value");
        var count = 0;
        await foreach (var pair in pairs.WithCancellation(cancellation))
        {
            count++;
            var key = new Text(KeyText.Display(pair.Key, hex));
            if (keysOnly) table.AddRow(key);
            else table.AddRow(key, new Text(KeyText.Display(pair.Value, hex, ShownBytes)));
        }
        host.OutputConsole().Write(table);
        return count;
    }

    private async Task<int> PrintLinesAsync(IAsyncEnumerable<RawPair> pairs, CancellationToken cancellation)
    {
        var codec = PairCodec.For(format, hex);
        var buffer = new ArrayBufferWriter<byte>();
        var count = 0;
        await foreach (var pair in pairs.WithCancellation(cancellation))
        {
            count++;
            codec.Write(buffer, pair, keysOnly);
            await host.Output.WriteAsync(buffer.WrittenMemory, cancellation);
            buffer.ResetWrittenCount();
        }
        await host.Output.FlushAsync(cancellation);
        return count;
    }
}
