using System.Data;
using System.Text;
using Akka.Actor.Setup;
using Npgsql;
using TinyKv.Core;
using TinyKv.Core.Regions;

namespace TinyKv.Persistence.Sql;

/// <summary>
/// Keeps a second process from running the same store on the same database: an advisory lock, held by a
/// connection of its own and taken again when that breaks.
/// </summary>
/// <remarks>
/// It makes the mistake visible; it is not what makes it harmless. That is the unique constraint on id and
/// sequence number: of two writers one fails at its first write, before it has answered anybody.
/// </remarks>
internal sealed class PostgreSqlFence : IDisposable
{
    // A process that was killed leaves its lock to a server that notices within moments.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(5);

    /// <summary>The longest name that PostgreSQL shows, in bytes.</summary>
    private const int MaxNameBytes = 63;

    private readonly string _what;
    private readonly long _key;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _lost =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NpgsqlConnection _connection;
    private readonly Task _watch;

    private bool _held = true;
    private int _holder;

    private PostgreSqlFence(NpgsqlConnection connection, string what, long key)
    {
        _connection = connection;
        _what = what;
        _key = key;
        _holder = connection.ProcessID;
        _watch = Task.Run(WatchAsync);
    }

    /// <summary>Connects, runs <paramref name="initialize"/> and takes the lock.</summary>
    /// <exception cref="TinyKvException">Another process holds it; says which.</exception>
    public static PostgreSqlFence Acquire(
        NpgsqlConnectionStringBuilder database, string cluster, StoreId store,
        Action<NpgsqlConnection> initialize)
    {
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Pooling = false,
            KeepAlive = (int)CheckInterval.TotalSeconds,
            CommandTimeout = (int)CheckInterval.TotalSeconds,
            ApplicationName = Shortened(
                $"tinykv store {store.Value} process {Environment.ProcessId} on {Environment.MachineName}"),
        };
        var what = $"{store} of cluster '{cluster}'";
        var key = (long)ClusterIdentity.IdOf($"{cluster}/{store.Value}");
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            connection.Open();
            initialize(connection);
            if (!SpinWait.SpinUntil(() => TryLock(connection, key, Pause), Patience))
                throw new TinyKvException(
                    $"{what} already runs on {PostgreSqlDatabase.Describe(database)}: "
                    + (Holder(connection, key)?.Name ?? "unknown"));
            return new PostgreSqlFence(connection, what, key);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Calls back when another process has taken the lock while the connection was broken.</summary>
    public void WhenLost(Action<Exception> lost) =>
        _ = _lost.Task.ContinueWith(
            task => lost(new TinyKvException(task.Result)), _stop.Token,
            TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);

    /// <summary>Gives the lock back.</summary>
    public void Dispose()
    {
        if (_stop.IsCancellationRequested) return;
        _stop.Cancel();
        _watch.Wait();
        _connection.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_lost.Task.IsCompleted)
        {
            try
            {
                await Task.Delay(CheckInterval, _stop.Token);
                await HoldAsync();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception)
            {
                // The server is away: tried again after the next pause.
                _held = false;
            }
        }
    }

    private async Task HoldAsync()
    {
        if (!_held || _connection.State != ConnectionState.Open)
        {
            _held = false;
            await _connection.CloseAsync();
            await _connection.OpenAsync(_stop.Token);
        }
        if (_held)
        {
            await using var command = new NpgsqlCommand("SELECT 1", _connection);
            await command.ExecuteScalarAsync(_stop.Token);
        }
        else if (TryLock(_connection, _key, TimeSpan.Zero))
        {
            (_held, _holder) = (true, _connection.ProcessID);
        }
        else if (Holder(_connection, _key) is { } holder)
        {
            // The server may not have noticed yet that our former connection is gone.
            if (holder.Process == _holder) Terminate(_connection, _holder);
            else _lost.TrySetResult($"{_what} was started elsewhere: {holder.Name}");
        }
    }

    private static bool TryLock(NpgsqlConnection connection, long key, TimeSpan pause)
    {
        using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = key });
        if (command.ExecuteScalar() is true) return true;
        Thread.Sleep(pause);
        return false;
    }

    private static (int Process, string Name)? Holder(NpgsqlConnection connection, long key)
    {
        using var command = new NpgsqlCommand(
            """
            SELECT a.pid,
              coalesce(a.application_name, '') || ', from ' || coalesce(host(a.client_addr), 'this machine')
            FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
            JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
              AND (l.classid::bigint << 32 | l.objid::bigint) = $1
            """, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = key });
        using var reader = command.ExecuteReader();
        return reader.Read() ? (reader.GetInt32(0), reader.GetString(1)) : null;
    }

    private static void Terminate(NpgsqlConnection connection, int process)
    {
        using var command = new NpgsqlCommand("SELECT pg_terminate_backend($1)", connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = process });
        command.ExecuteNonQuery();
    }

    private static string Shortened(string name)
    {
        while (Encoding.UTF8.GetByteCount(name) > MaxNameBytes) name = name[..^1];
        return name;
    }
}

/// <summary>Carries the fence to the journal.</summary>
internal sealed class PostgreSqlFenceSetup(PostgreSqlFence fence) : Setup
{
    /// <summary>The fence.</summary>
    public PostgreSqlFence Fence => fence;
}
