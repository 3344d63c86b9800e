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
        Run(_server, $"CREATE DATABASE {_database}", command => command.ExecuteNonQuery());
    }

    public NpgsqlConnectionStringBuilder Settings => new(_server) { Database = _database };

    /// <summary>What a store's configuration says.</summary>
    public Config Configuration(string cluster = "test", int store = 1, string? connection = null) =>
        ConfigurationFactory.ParseString($$"""
            tinykv.cluster.name = "{{cluster}}"
            tinykv.store.id = {{store}}
            tinykv.postgresql.connection-string = "{{connection ?? Settings.ConnectionString}}"
            """);

    public JournalSetup Create(string cluster = "test", int store = 1, string? connection = null) =>
        JournalSetup.Create(JournalSetup.PostgreSql, "/nowhere", Configuration(cluster, store, connection));

    /// <summary>Runs a statement in the database, by the name of a writer if there is one.</summary>
    public void Execute(string sql, string writer = "") => Run(
        new NpgsqlConnectionStringBuilder(Settings.ConnectionString) { ApplicationName = writer }.ConnectionString,
        sql, command => command.ExecuteNonQuery());

    /// <summary>The first value of a query's first row; null: no row.</summary>
    public object? Query(string sql) => Run(Settings.ConnectionString, sql, command => command.ExecuteScalar());

    public void Dispose() =>
        Run(_server, $"DROP DATABASE {_database} WITH (FORCE)", command => command.ExecuteNonQuery());

    private static T Run<T>(string server, string sql, Func<NpgsqlCommand, T> run)
    {
        using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return run(command);
    }
}
