using System.Data;
using System.Diagnostics;
using System.Text;
using Akka.Actor.Setup;
using Npgsql;
using TinyKv.Core;
using TinyKv.Core.Regions;

namespace TinyKv.Persistence.Sql;

/// <summary>
/// Keeps a second process from running the same store on the same database. An advisory lock, held by a connection of its
/// own and taken again when that breaks, refuses the second at its start; a row that names the latest start, which the
/// database compares with the writer's name at every write, refuses the first when the lock did not hold.
/// </summary>
/// <remarks>
/// A lock belongs to a session of the server. A pooler that gives one session to several clients in turn gives them the
/// lock too, hence <see cref="PooledSessions"/> and the row.
/// </remarks>
internal sealed class PostgreSqlFence : IDisposable
{
    // A process that was killed leaves its lock to a server that notices within moments.
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(5);

    /// <summary>How often a pooler is looked at when nothing has changed: each time takes sessions from it.</summary>
    public static readonly TimeSpan ProbeInterval = TimeSpan.FromMinutes(1);

    /// <summary>The longest name that PostgreSQL shows, in bytes.</summary>
    private const int MaxNameBytes = 63;

    /// <summary>What the database raises when another start owns the store.</summary>
    public const string NotOwnerState = "TINYK";

    private readonly string _what;
    private readonly string _database;
    private readonly long _key;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _lost =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NpgsqlConnection _connection;
    private readonly string _settings;
    private readonly TimeSpan _probeInterval;
    private readonly Task _watch;

    private bool _held = true;
    private int _holder;
    private long _probed = Stopwatch.GetTimestamp();

    private PostgreSqlFence(
        NpgsqlConnection connection, string settings, string what, string database, long key, string writer,
        TimeSpan probeInterval)
    {
        (_connection, _settings, _what, _database, _key, Writer) = (connection, settings, what, database, key, writer);
        _probeInterval = probeInterval;
        _holder = PooledSessions.Process(connection);
        _watch = Task.Run(WatchAsync, CancellationToken.None);
    }

    /// <summary>The name of the connections that may write.</summary>
    public string Writer { get; }

    /// <summary>Connects, runs <paramref name="initialize"/> and takes the lock.</summary>
    /// <exception cref="TinyKvException">Another process holds it; says which.</exception>
    public static PostgreSqlFence Acquire(
        NpgsqlConnectionStringBuilder database, string cluster, StoreId store,
        Action<NpgsqlConnection> initialize, TimeSpan probeInterval)
    {
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Pooling = false,
            KeepAlive = (int)CheckInterval.TotalSeconds,
            CommandTimeout = (int)CheckInterval.TotalSeconds,
            ApplicationName = Shortened(
                $"tinykv store {store.Value} process {Environment.ProcessId} on {Environment.MachineName}"),
        }.ConnectionString;
        var what = $"{store} of cluster '{cluster}'";
        var where = PostgreSqlDatabase.Describe(database);
        var key = (long)ClusterIdentity.IdOf($"{cluster}/{store.Value}");
        var writer = $"tinykv {store.Value} {Guid.NewGuid():N}";
        var connection = new NpgsqlConnection(settings);
        try
        {
            connection.Open();
            if (PooledSessions.Shares(connection, settings)) throw new TinyKvException(PooledSessions.Refusal(where));
            initialize(connection);
            if (!SpinWait.SpinUntil(() => TryLock(connection, key, Pause), LockTimeout))
                throw new TinyKvException(
                    $"{what} already runs on {where}: "
                    + (Holder(connection, key)?.Name ?? "unknown"));
            Own(connection, key, writer);
            return new PostgreSqlFence(connection, settings, what, where, key, writer, probeInterval);
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
        _watch.Wait(CancellationToken.None);
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
            if (PooledSessions.Process(_connection) != _holder || Shares())
                _lost.TrySetResult(PooledSessions.Refusal(_database));
        }
        else if (TryLock(_connection, _key, TimeSpan.Zero))
        {
            if (Owns(_connection, Writer)) (_held, _holder, _probed) = (true, PooledSessions.Process(_connection), 0);
            else _lost.TrySetResult($"{_what} was started elsewhere");
        }
        else if (Holder(_connection, _key) is { } holder)
        {
            // The server may not have noticed yet that our former connection is gone.
            if (holder.Process == _holder) Terminate(_connection, _holder);
            else _lost.TrySetResult($"{_what} was started elsewhere: {holder.Name}");
        }
    }

    // A pooler that has no session left for a probe says nothing about the one that holds the lock.
    private bool Shares()
    {
        if (_probed != 0 && Stopwatch.GetElapsedTime(_probed) < _probeInterval) return false;
        _probed = Stopwatch.GetTimestamp();
        try
        {
            return PooledSessions.Shares(_connection, _settings);
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    // Waits for the former start's writes that are under way; those that come after fail.
    private static void Own(NpgsqlConnection connection, long key, string writer)
    {
        using var transaction = connection.BeginTransaction();
        using var command = new NpgsqlCommand(
            """
            SELECT pg_advisory_xact_lock(hashtextextended(writer, 0)) FROM tinykv_owner WHERE store = $1 FOR UPDATE;
            """, connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = key });
        command.ExecuteNonQuery();
        using var own = new NpgsqlCommand(
            """
            INSERT INTO tinykv_owner (store, writer) VALUES ($1, $2)
            ON CONFLICT (store) DO UPDATE SET writer = excluded.writer
            """, connection, transaction);
        own.Parameters.Add(new NpgsqlParameter<long> { TypedValue = key });
        own.Parameters.Add(new NpgsqlParameter<string> { TypedValue = writer });
        own.ExecuteNonQuery();
        transaction.Commit();
    }

    private static bool Owns(NpgsqlConnection connection, string writer)
    {
        using var command = new NpgsqlCommand("SELECT FROM tinykv_owner WHERE writer = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = writer });
        using var reader = command.ExecuteReader();
        return reader.Read();
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
