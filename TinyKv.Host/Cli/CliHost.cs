using System.Text;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;
using TinyKv.Client;
using TinyKv.Host.Output;

namespace TinyKv.Host.Cli;

/// <summary>What surrounds a command: its streams, whether a person watches, and the way to a cluster. Tests bring
/// their own.</summary>
public sealed record CliHost
{
    private readonly Progress _progress = new();

    /// <summary>Text that people and shells write: UTF-8 without a byte order mark.</summary>
    public static Encoding Utf8 { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Standard input.</summary>
    public required Stream Input { get; init; }

    /// <summary>Standard output, for bytes: values, files, JSON.</summary>
    public required Stream Output { get; init; }

    /// <summary>Standard output, for text; writes to the same place as <see cref="Output"/>.</summary>
    public required TextWriter Text { get; init; }

    /// <summary>Standard error: messages and progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether a person watches standard output.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether a person watches standard error, so that progress bars make sense.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>How wide the screen is in columns, where somebody watches; null: as it says itself.</summary>
    public int? Width { get; init; }

    /// <summary>The value of an environment variable; null when it is not set.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Connects to a cluster.</summary>
    public Func<TinyKvClientOptions, CancellationToken, Task<ICluster>> Connect { get; init; } =
        ClusterConnection.ConnectAsync;

    /// <summary>The streams of this process.</summary>
    public static CliHost OfProcess() => Of(StandardOutput());

    /// <summary>The streams of a process that continues whatever becomes of them: text that they do not take is dropped.
    /// </summary>
    public static CliHost OfService()
    {
        ProcessOutput.TakeConsole();
        return Of(Stream.Null);
    }

    private static CliHost Of(Stream output) => new()
    {
        Input = Console.OpenStandardInput(),
        Output = output,
        Text = Console.Out,
        Error = Console.Error,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
    };

    // The console's stream hides that a pipe is broken, and a transfer would continue for nobody. A file is left to it: a
    // file stream writes at a position of its own, over what others append to the same file.
    private static Stream StandardOutput()
    {
        if (!Console.IsOutputRedirected) return Console.OpenStandardOutput();
        var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return output.CanSeek ? Console.OpenStandardOutput() : output;
    }

    /// <summary>For tables on standard output; a table that nobody watches is not cut to a screen's width.</summary>
    public IAnsiConsole OutputConsole() => ConsoleOver(Text, OutputIsTerminal);

    /// <summary>Says something on standard error while a command is under way; from any thread.</summary>
    public void Say(string message)
    {
        if (_progress.Console is { } console) console.WriteLine(message);
        else Error.WriteLine(message);
    }

    /// <summary>Shows progress on standard error; what is said meanwhile appears above it.</summary>
    public async Task<T> WithProgressAsync<T>(Func<IAnsiConsole, Task<T>> show)
    {
        try
        {
            return await show(_progress.Console = ConsoleOver(Error, ErrorIsTerminal));
        }
        finally
        {
            _progress.Console = null;
        }
    }

    private IAnsiConsole ConsoleOver(TextWriter writer, bool isTerminal)
    {
        var isAnsi = isTerminal && Variable("TERM") != "dumb";
        var isPlain = !isAnsi || !string.IsNullOrEmpty(Variable("NO_COLOR"));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            // Progress bars need the escapes that move the cursor, with colours or without.
            Ansi = !isAnsi ? AnsiSupport.No : OperatingSystem.IsWindows() ? AnsiSupport.Detect : AnsiSupport.Yes,
            Interactive = isAnsi ? InteractionSupport.Yes : InteractionSupport.No,
            ColorSystem = isPlain ? ColorSystemSupport.NoColors : ColorSystemSupport.Standard,
        });
        console.Profile.Width = isTerminal ? Width ?? console.Profile.Width : 10_000;
        return console;
    }

    /// <summary>What draws a bar, while one is shown: it knows where the cursor is, and how to make room for a line.</summary>
    private sealed class Progress
    {
        private volatile IAnsiConsole? _console;

        public IAnsiConsole? Console
        {
            get => _console;
            set => _console = value;
        }
    }
}

/// <summary>What commands need of a cluster.</summary>
public interface ICluster : IAsyncDisposable
{
    /// <summary>Single keys and scans.</summary>
    IRawClient Raw { get; }

    /// <summary>The stores as placement knows them, and who leads regions.</summary>
    IClusterAdmin Admin { get; }

    /// <summary>The state of every store, or why it could not be had.</summary>
    Task<IReadOnlyList<StoreStatusOrError>> GetStoreStatusesAsync(CancellationToken cancellation);
}

/// <summary>A real cluster, over the network.</summary>
internal sealed class ClusterConnection(TinyKvClient client) : ICluster
{
    public static async Task<ICluster> ConnectAsync(TinyKvClientOptions options, CancellationToken cancellation) =>
        new ClusterConnection(await TinyKvClient.ConnectAsync(options, cancellation));

    public IRawClient Raw => client.Raw;

    public IClusterAdmin Admin => client.Admin;

    public Task<IReadOnlyList<StoreStatusOrError>> GetStoreStatusesAsync(CancellationToken cancellation) =>
        client.GetStoreStatusesAsync(cancellation);

    public ValueTask DisposeAsync() => client.DisposeAsync();
}
