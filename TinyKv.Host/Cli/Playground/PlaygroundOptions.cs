using System.CommandLine;
using TinyKv.Host.Cli.Parsing;
using TinyKv.Persistence;

namespace TinyKv.Host.Cli.Playground;

/// <summary>The options of <c>tinykv playground</c>.</summary>
internal sealed class PlaygroundOptions
{
    /// <summary>Where the connection string of <c>--journal postgresql</c> comes from when no option gives it.</summary>
    public const string PostgreSqlVariable = "TINYKV_POSTGRESQL";

    /// <summary>Both in words.</summary>
    public const string PostgreSqlSources = $"--postgresql or {PostgreSqlVariable}";

    private readonly Option<int?> _stores = new("--stores")
    {
        Description = $"How many stores, 1 to {PlaygroundPorts.MaxStores}; 3 unless the directory says otherwise",
        HelpName = "N",
        CustomParser = result => OptionValues.Number("--stores", 1, PlaygroundPorts.MaxStores, result),
    };

    private readonly Option<string?> _journal = new("--journal")
    {
        Description = "Where the stores keep their Raft log: rocksdb (default), sqlite or postgresql",
        HelpName = "KIND",
    };

    private readonly Option<int?> _basePort = new("--base-port")
    {
        Description = $"The first gRPC port, {PlaygroundPorts.DefaultBase} by default; the others follow from it",
        HelpName = "PORT",
        CustomParser = result => OptionValues.Number("--base-port", 1024, PlaygroundPorts.MaxBase, result),
    };

    private readonly Option<string?> _data = new("--data")
    {
        Description = "Where to keep everything, to continue later; without it, a temporary directory",
        HelpName = "DIR",
    };

    private readonly Option<string?> _postgreSql = new("--postgresql")
    {
        Description = $"The connection string for --journal postgresql; better in {PostgreSqlVariable}, " +
            "others can see command lines",
        HelpName = "TEXT",
    };

    private readonly Option<string[]> _set = SettingOption.Create(
        "Sets a setting of every store, for this run; may be repeated: --set tinykv.raft.tick-interval=50ms");

    public void AddTo(Command command)
    {
        _journal.CompletionSources.Add([.. JournalSetup.Kinds]);
        command.Options.Add(_stores);
        command.Options.Add(_data);
        command.Options.Add(_journal);
        command.Options.Add(_basePort);
        command.Options.Add(_postgreSql);
        command.Options.Add(_set);
    }

    /// <summary>What the command line asks for, each by itself sensible.</summary>
    public PlaygroundRequest Parse(ParseResult arguments)
    {
        var request = new PlaygroundRequest(
            arguments.GetValue(_stores), arguments.GetValue(_journal), arguments.GetValue(_basePort),
            arguments.GetValue(_data),
            (arguments.GetValue(_postgreSql) ?? Environment.GetEnvironmentVariable(PostgreSqlVariable)) is { Length: > 0 } given
                ? given : null,
            new StoreOverrides(SettingOption.Read(arguments.GetValue(_set))));
        if (request.Journal is { } journal && !JournalSetup.Kinds.Contains(journal))
            throw new UsageException($"--journal '{journal}': expected {string.Join(", ", JournalSetup.Kinds)}");
        if (request.DataDirectory is "") throw new UsageException("--data is empty: expected a directory");
        return request;
    }
}

/// <summary>What the command line asks for; null where it is silent.</summary>
internal sealed record PlaygroundRequest(
    int? Stores, string? Journal, int? BasePort, string? DataDirectory, string? PostgreSql, StoreOverrides Overrides);
