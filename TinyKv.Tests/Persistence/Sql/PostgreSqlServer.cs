using Akka.Configuration;
using Npgsql;
using TinyKv.Persistence;

namespace TinyKv.Tests.Persistence.Sql;

/// <summary>A database of a test's own on the server that TINYKV_TEST_POSTGRESQL names.</summary>
internal sealed class PostgreSqlServer : IDisposable
{
    private const string Variable = "TINYKV_TEST_POSTGRESQL";

    private readonly string _server;
    private readonly string _database = $"tinykv_test_{Guid.NewGuid():N}";

    /// <summary>Skips the test when there is no server.</summary>
    public PostgreSqlServer()
    {
        var server = Environment.GetEnvironmentVariable(Variable);
        Skip.If(
            string.IsNullOrEmpty(server),
            $"{Variable} is not set; TinyKv.Tests/Persistence/postgresql.sh starts a server and prints it");
        _server = server;
        Execute(_server, $"CREATE DATABASE {_database}");
    }

    public NpgsqlConnectionStringBuilder Settings => new(_server) { Database = _database };

    /// <summary>What a store's configuration says.</summary>
    public Config Configuration(string cluster = "test", int store = 1, string? connection = null) =>
        ConfigurationFactory.ParseString($$"""
            cluster.name = "{{cluster}}"
            store.id = {{store}}
            postgresql.connection-string = "{{connection ?? Settings.ConnectionString}}"
            """);

    public JournalSetup Create(string cluster = "test", int store = 1, string? connection = null) =>
        JournalSetup.Create(JournalSetup.PostgreSql, "/nowhere", Configuration(cluster, store, connection));

    /// <summary>Runs a statement in the database.</summary>
    public void Execute(string sql) => Execute(Settings.ConnectionString, sql);

    /// <summary>The first value of a query's first row; null: no row.</summary>
    public object? Query(string sql) => Run(Settings.ConnectionString, sql, command => command.ExecuteScalar());

    public void Dispose() => Execute(_server, $"DROP DATABASE {_database} WITH (FORCE)");

    private static void Execute(string server, string sql) => Run(server, sql, command => command.ExecuteNonQuery());

    private static T Run<T>(string server, string sql, Func<NpgsqlCommand, T> run)
    {
        using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return run(command);
    }
}
