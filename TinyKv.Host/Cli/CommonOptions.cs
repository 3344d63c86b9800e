using System.CommandLine;
using System.CommandLine.Parsing;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Host.Cli.Parsing;

namespace TinyKv.Host.Cli;

/// <summary>How results are printed and files are laid out.</summary>
public enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>Tab-separated, escaped.</summary>
    Tsv,

    /// <summary>JSON, one object per line where there are many.</summary>
    Json,
}

/// <summary>The options that commands share. Each command has those that mean something to it; on the command line
/// they may also stand before its name.</summary>
public sealed class CommonOptions
{
    /// <summary>Endpoints for those who name none on the command line, with commas between them.</summary>
    public const string EndpointsVariable = "TINYKV_ENDPOINTS";

    // Somebody waits who may have mistaken the address. A store that restarts is waited for with --timeout.
    private static readonly TimeSpan UnreachableTimeout = TimeSpan.FromMilliseconds(800);

    private const string DefaultEndpoint = "127.0.0.1:20160";

    /// <summary>Where the cluster is.</summary>
    public Option<string[]> Endpoint { get; } = new("--endpoint", "-e")
    {
        Description = "A store's gRPC address; may be repeated, the first that answers is used "
            + $"[default: {EndpointsVariable}, or {DefaultEndpoint}]",
        HelpName = "HOST:PORT",
    };

    /// <summary>How long to try, when that was said.</summary>
    public Option<TimeSpan?> Timeout { get; } = new("--timeout")
    {
        Description = "How long to try, in seconds or as 500ms, 5s, 2m [default: 20s, or 1s while nothing takes a connection]",
        HelpName = "TIME",
        CustomParser = result => OptionValues.Time("--timeout", result),
    };

    /// <summary>The column family.</summary>
    public Option<ColumnFamily> Family { get; } = new("--cf")
    {
        Description = "The column family: default (unless given), lock or write",
        HelpName = "NAME",
        CustomParser = ParseFamily,
    };

    /// <summary>The format, when one was asked for.</summary>
    public Option<OutputFormat?> Format { get; } = new("--format")
    {
        Description = "The format of results or files: table, tsv or json",
        HelpName = "FORMAT",
        CustomParser = ParseFormat,
    };

    /// <summary>Keys and values as hexadecimal digits, on input and output.</summary>
    public Option<bool> Hex { get; } = new("--hex")
    {
        Description = "Keys and values are hexadecimal digits, on input and output",
    };

    /// <summary>Errors with their stack trace.</summary>
    public Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Print errors with all their details",
        Recursive = true,
    };

    /// <summary>Refuses endpoints that cannot be one, and knows what completes values.</summary>
    public CommonOptions()
    {
        Endpoint.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (WhyNotAnEndpoint("--endpoint", token.Value) is { } reason) result.AddError(reason);
        });
        // In place of the names in the code.
        Family.CompletionSources.Clear();
        Format.CompletionSources.Clear();
        Family.CompletionSources.Add([.. ColumnFamilies.OfClients.Select(family => family.Name())]);
        Format.CompletionSources.Add("table", "tsv", "json");
    }

    private IEnumerable<Option> OfSome => [Endpoint, Timeout, Family, Format, Hex];

    /// <summary>Adds to the root command, or to a group of commands, what may stand before the name of a
    /// command.</summary>
    public void AddToGroup(Command group)
    {
        foreach (var option in OfSome) group.Options.Add(option);
        if (group is RootCommand) group.Options.Add(Verbose);
    }

    /// <summary>Adds to a command what one that asks a cluster understands, and what else it does.</summary>
    public void AddTo(Command command, params ReadOnlySpan<Option> others)
    {
        foreach (var option in others) command.Options.Add(option);
        command.Options.Add(Endpoint);
        command.Options.Add(Timeout);
    }

    /// <summary>An option that stands before the command and means nothing to it, if there is one.</summary>
    internal Option? Misplaced(ParseResult parsed) => OfSome.FirstOrDefault(option =>
        parsed.GetResult(option) is { Implicit: false } && !parsed.CommandResult.Command.Options.Contains(option));

    /// <summary>How to reach the cluster that the command line or the environment names.</summary>
    /// <exception cref="UsageException">The environment names something else.</exception>
    internal TinyKvClientOptions ClientOptions(ParseResult arguments, CliHost host)
    {
        var options = new TinyKvClientOptions
        {
            Endpoints = Endpoints(arguments, host),
            UnreachableTimeout = UnreachableTimeout,
            OnWaiting = new WaitingNotice(host.Say).Tell,
        };
        return arguments.GetValue(Timeout) is { } timeout
            ? options with { Timeout = timeout, UnreachableTimeout = null } : options;
    }

    private string[] Endpoints(ParseResult arguments, CliHost host)
    {
        if (arguments.GetValue(Endpoint) is { Length: > 0 } given) return given;
        var named = (host.Variable(EndpointsVariable) ?? "").Split(
            [',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var wrong = named.Select(endpoint => WhyNotAnEndpoint(EndpointsVariable, endpoint))
            .FirstOrDefault(reason => reason is not null);
        if (wrong is not null) throw new UsageException(wrong);
        return named.Length > 0 ? named : [DefaultEndpoint];
    }

    private static string? WhyNotAnEndpoint(string source, string text) =>
        HostPort.TryParse(text, out _) ? null : $"{source} '{text}' is not an address: {HostPort.Expected}";

    private static ColumnFamily ParseFamily(ArgumentResult result)
    {
        var name = result.Tokens[0].Value;
        if (name.Length > 0 && ColumnFamilies.TryParse(name, out var family)) return family;
        result.AddError($"--cf '{name}' is not a column family: expected default, lock or write");
        return default;
    }

    private static OutputFormat? ParseFormat(ArgumentResult result)
    {
        switch (result.Tokens[0].Value)
        {
            case "table": return OutputFormat.Table;
            case "tsv": return OutputFormat.Tsv;
            case "json": return OutputFormat.Json;
            case var other:
                result.AddError($"--format '{other}' is not a format: expected table, tsv or json");
                return null;
        }
    }
}
