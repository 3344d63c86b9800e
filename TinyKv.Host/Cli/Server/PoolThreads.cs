namespace TinyKv.Host.Cli.Server;

/// <summary>The threads of the pool.</summary>
internal static class PoolThreads
{
    /// <summary>The least number of threads, however few processors there are.</summary>
    public const int Least = 4;

    /// <summary>
    /// Lets the pool begin with enough of them. Reads of the engine block their thread, and what connections carry comes
    /// by the same pool: with two threads a burst of reads from a slow disk would delay heartbeats until an election.
    /// Many more than processors wake for what another would have done next.
    /// </summary>
    public static void Ensure()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(Least, workers), completions);
    }
}
