using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using TinyKv.Core;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Journal;

namespace TinyKv.Persistence.Checking;

/// <summary>The events of a journal in a table of Akka.Persistence.Sql.</summary>
/// <param name="connection">Open; disposed with this.</param>
/// <param name="what">What it leads to, for messages.</param>
/// <param name="table">The table.</param>
/// <param name="prefix">What the names of this store's peers begin with; a server holds others', too.</param>
/// <param name="verify">A statement that answers <c>ok</c> when the database is sound; null: there is none.</param>
/// <param name="close">Called after the connection is disposed.</param>
internal sealed class SqlEvents(
    DbConnection connection, string what, string table, string prefix, string? verify, Action close) : IJournalEvents
{
    /// <inheritdoc/>
    public void VerifyFiles()
    {
        if (verify is null) return;
        Query(verify, null, row =>
        {
            if (row.GetString(0) != "ok") throw new StorageFailedException($"{what} is damaged: {row.GetString(0)}");
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Id, long Highest)> Ids()
    {
        var ids = new List<(string, long)>();
        Query($"SELECT persistence_id, max(sequence_number) FROM {table} GROUP BY persistence_id ORDER BY 1", null, row =>
        {
            if (row.GetString(0).StartsWith(prefix, StringComparison.Ordinal)) ids.Add((row.GetString(0), row.GetInt64(1)));
        });
        return ids;
    }

    /// <inheritdoc/>
    public void Read(string id, Action<long, EventFields> reader) => Query(
        $"SELECT sequence_number, identifier, manifest, message FROM {table} "
            + "WHERE persistence_id = @id AND NOT deleted ORDER BY sequence_number",
        id,
        row => reader(row.GetInt64(0), new EventFields(
            row.IsDBNull(1) ? 0 : row.GetInt32(1), row.IsDBNull(2) ? "" : row.GetString(2), "",
            (byte[])row.GetValue(3))));

    /// <inheritdoc/>
    public void Dispose()
    {
        connection.Dispose();
        close();
    }

    private void Query(string sql, string? id, Action<DbDataReader> each)
    {
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            if (id is not null)
            {
                var parameter = command.CreateParameter();
                (parameter.ParameterName, parameter.Value) = ("id", id);
                command.Parameters.Add(parameter);
            }
            using var rows = command.ExecuteReader();
            while (rows.Read()) each(rows);
        }
        catch (DbException e)
        {
            throw Failure(what, e);
        }
    }

    /// <summary>What to throw; a server or a file that is not to be had says nothing about the events.</summary>
    internal static TinyKvException Failure(string what, DbException error)
    {
        var message = $"{what} cannot be read: {error.Message}";
        var damaged = error switch
        {
            // The class of errors that PostgreSQL itself holds for damage or a bug.
            PostgresException e => e.SqlState.StartsWith("XX", StringComparison.Ordinal),
            // The table is missing; the file is damaged; it is something else.
            SqliteException e => e.SqliteErrorCode is 1 or 11 or 26,
            _ => false,
        };
        return damaged ? new StorageFailedException(message, error) { IsDamage = true } : new TinyKvException(message, error);
    }
}
