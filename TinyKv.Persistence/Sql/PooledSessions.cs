using Npgsql;

namespace TinyKv.Persistence.Sql;

/// <summary>
/// Finds a pooler that gives one session of the server to several clients in turn (PgBouncer with
/// <c>pool_mode = transaction</c>): what a session holds, such as a lock, is no client's own there.
/// </summary>
internal static class PooledSessions
{
    // The session that was used last is given away first; more than one of them idle is rare enough.
    private const int Probes = 4;

    /// <summary>The server's process behind a connection now.</summary>
    public static int Process(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand("SELECT pg_backend_pid()", connection);
        return (int)command.ExecuteScalar()!;
    }

    /// <summary>
    /// Whether the session of an idle connection is given to others. Never without a pooler; with one it can say no when
    /// others take and leave sessions in the very moment.
    /// </summary>
    /// <param name="connection">Open and idle.</param>
    /// <param name="settings">What it was made with: once it is open it does not tell its password any more.</param>
    /// <exception cref="NpgsqlException">There were not enough sessions to find out.</exception>
    public static bool Shares(NpgsqlConnection connection, string settings)
    {
        var process = Process(connection);
        // A server tells its own process; a pooler makes one up.
        if (connection.ProcessID == process) return false;
        var others = new List<NpgsqlConnection>();
        try
        {
            for (var probe = 0; probe < Probes; probe++)
            {
                var other = new NpgsqlConnection(settings);
                others.Add(other);
                other.Open();
                // A transaction keeps its session: the next probe gets another.
                _ = other.BeginTransaction();
                if (Process(other) == process || Process(connection) != process) return true;
            }
            return false;
        }
        // PgBouncer has the same state for everything that it refuses, as when it has no session left.
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ProtocolViolation
            && e.MessageText.Contains("statement pooling", StringComparison.Ordinal))
        {
            // With pool_mode = statement there are no transactions.
            return true;
        }
        finally
        {
            foreach (var other in others) other.Dispose();
        }
    }

    /// <summary>What to tell of it.</summary>
    public static string Refusal(string database) =>
        $"{database} is reached through a pooler that shares sessions (PgBouncer with pool_mode = transaction or statement), "
        + "where no lock can be held and a store could run twice; connect to the server itself, or set pool_mode = session "
        + "for this database";
}
