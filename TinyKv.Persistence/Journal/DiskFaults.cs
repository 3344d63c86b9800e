using Akka.Actor.Setup;

namespace TinyKv.Persistence.Journal;

/// <summary>
/// Lets a test hold up or break the disk under the RocksDB journal. Goes to the journal through the actor system's setup.
/// </summary>
internal sealed class DiskFaults : Setup
{
    private readonly ManualResetEventSlim _running = new(initialState: true);
    private volatile bool _failing;

    /// <summary>Writes, and the closing of files, wait until <see cref="Resume"/>.</summary>
    public void Pause() => _running.Reset();

    /// <summary>They continue.</summary>
    public void Resume() => _running.Set();

    /// <summary>Every write fails from now on.</summary>
    public void Fail()
    {
        _failing = true;
        _running.Set();
    }

    /// <summary>Called by the writer thread before each write.</summary>
    /// <exception cref="IOException">The disk is broken.</exception>
    public void BeforeWrite()
    {
        _running.Wait();
        if (_failing) throw new IOException("the disk has failed (a fault that was asked for)");
    }

    /// <summary>Called before a file is closed.</summary>
    public void BeforeClose() => _running.Wait();
}
