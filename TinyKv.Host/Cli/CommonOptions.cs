using System.CommandLine;
using System.CommandLine.Parsing;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Core.Keys;

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

/// <summary>The options that every command understands.</summary>
public sealed class CommonOptions
{
    /// <summary>Where the cluster is.</summary>
    public Option<string[]> Endpoint { get; } = new("--endpoint", "-e")
    {
        Description = "A store's gRPC address; may be repeated, the first that answers is used",
        HelpName = "HOST:PORT",
        Recursive = true,
        DefaultValueFactory = _ => ["127.0.0.1:20160"],
    };

    /// <summary>The column family.</summary>
    public Option<ColumnFamily> Family { get; } = new("--cf")
    {
        Description = "The column family: default (unless given), lock or write",
        HelpName = "NAME",
        Recursive = true,
        CustomParser = ParseFamily,
    };

    /// <summary>The format, when one was asked for.</summary>
    public Option<OutputFormat?> Format { get; } = new("--format")
    {
        Description = "The format of results or files: table, tsv or json",
        HelpName = "FORMAT",
        Recursive = true,
        CustomParser = ParseFormat,
    };

    /// <summary>Keys and values as hexadecimal digits, on input and output.</summary>
    public Option<bool> Hex { get; } = new("--hex")
    {
        Description = "Keys and values are hexadecimal digits, on input and output",
        Recursive = true,
    };

    /// <summary>Errors with their stack trace.</summary>
    public Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Print errors with all their details",
        Recursive = true,
    };

    /// <summary>Refuses endpoints that cannot be one.</summary>
    public CommonOptions() => Endpoint.Validators.Add(result =>
    {
        foreach (var token in result.Tokens)
            if (!HostPort.TryParse(token.Value, out _))
                result.AddError($"--endpoint '{token.Value}' is not an address: {HostPort.Expected}");
    });

    /// <summary>Adds all of them to the root command.</summary>
    public void AddTo(RootCommand root)
    {
        root.Options.Add(Endpoint);
        root.Options.Add(Family);
        root.Options.Add(Format);
        root.Options.Add(Hex);
        root.Options.Add(Verbose);
    }

    /// <summary>How to reach the cluster that the command line names.</summary>
    public TinyKvClientOptions ClientOptions(ParseResult arguments) =>
        new() { Endpoints = arguments.GetRequiredValue(Endpoint) };

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
