using System.Diagnostics;
using TinyKv.Core;

namespace TinyKv.Testing.Processes;

/// <summary>The members of one distributed system as processes on this machine, numbered from 1 on.</summary>
internal abstract class ServerGroup : IAsyncDisposable
{
    private readonly SortedDictionary<int, ServerProcess> _running = [];
    private readonly HashSet<int> _paused = [];

    /// <summary>Where the members answer clients, host:port.</summary>
    public abstract IReadOnlyList<string> Endpoints { get; }

    /// <summary>The numbers of all members.</summary>
    public virtual IEnumerable<int> All => Enumerable.Range(1, Endpoints.Count);

    /// <summary>The members that were started, and have neither been killed nor been seen to end.</summary>
    public IReadOnlyCollection<int> Running => _running.Keys;

    /// <summary>The members that run and do not stand still.</summary>
    public IReadOnlyCollection<int> Awake => [.. _running.Keys.Except(_paused)];

    /// <summary>The processes of <see cref="Running"/>.</summary>
    public IReadOnlyList<int> ProcessIds => [.. _running.Values.Select(member => member.Id)];

    /// <summary>The running process of a member.</summary>
    /// <exception cref="TinyKvException">It does not run.</exception>
    public ServerProcess this[int member] =>
        _running.TryGetValue(member, out var process) ? process : throw new TinyKvException($"{Name(member)} does not run");

    /// <summary>Starts the members that do not run.</summary>
    public void StartMissing()
    {
        foreach (var member in All.Except(_running.Keys).ToList()) Start(member);
    }

    /// <summary>Starts one member.</summary>
    /// <exception cref="TinyKvException">It runs already.</exception>
    public void Start(int member)
    {
        if (_running.ContainsKey(member)) throw new TinyKvException($"{Name(member)} runs already");
        _running[member] = ServerProcess.Start(Command(member), LogOf(member));
    }

    /// <summary>kill -9, of several at once; their exit codes, other ones for those that had ended by themselves.</summary>
    public async Task<IReadOnlyList<int>> KillAsync(params IEnumerable<int> members) =>
        await Task.WhenAll(members.ToList().Select(async member =>
        {
            await using var process = Take(member);
            return await process.KillAsync();
        }));

    /// <summary>SIGSTOP.</summary>
    public Task PauseAsync(int member)
    {
        var process = this[member];
        _paused.Add(member);
        return process.SignalAsync("STOP");
    }

    /// <summary>SIGCONT.</summary>
    public Task ContinueAsync(int member)
    {
        _paused.Remove(member);
        return this[member].SignalAsync("CONT");
    }

    /// <summary>Waits until a member has ended by itself, as it was meant to; what it returned and why.</summary>
    /// <exception cref="TimeoutException">It still runs.</exception>
    public async Task<EndedServer> EndAsync(int member, TimeSpan within, CancellationToken cancellation = default)
    {
        var code = await this[member].Ended.WaitAsync(within, cancellation);
        await using var process = Take(member);
        return new EndedServer(code, process.LastComplaint, process.Complaints, process.Ending);
    }

    /// <summary>A member that has ended and was not meant to, and why.</summary>
    public async Task<string?> EndedByItselfAsync()
    {
        foreach (var (member, process) in _running)
            if (process.Ended.IsCompleted)
                return $"{Name(member)} ended by itself with {await process.Ended}: {process.Complaints.Trim()}";
        return null;
    }

    /// <summary>The last lines that each member logged.</summary>
    public string Logs(int lines) => string.Join('\n', All.Select(member =>
        $"--- {Name(member)}\n{string.Join('\n', LinesOf(member).TakeLast(lines))}"));

    /// <summary>Kills the members that run.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        await KillAsync(Running);
        GC.SuppressFinalize(this);
    }

    /// <summary>The command line of a member, which ends when its standard input does.</summary>
    protected abstract ProcessStartInfo Command(int member);

    /// <summary>The file to which the output of a member is appended.</summary>
    protected abstract string LogOf(int member);

    /// <summary>A member, for people.</summary>
    public abstract string Name(int member);

    private ServerProcess Take(int member)
    {
        var process = this[member];
        _running.Remove(member);
        _paused.Remove(member);
        return process;
    }

    private IEnumerable<string> LinesOf(int member) => File.Exists(LogOf(member)) ? File.ReadLines(LogOf(member)) : [];
}

/// <summary>A server that has ended by itself.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="LastComplaint">Its last line on standard error.</param>
/// <param name="Complaints">All that it said there.</param>
/// <param name="Ending">How long ago it logged that it ends; null when it has not.</param>
internal sealed record EndedServer(int Code, string LastComplaint, string Complaints, TimeSpan? Ending);
