using TinyKv.Core.Commands;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Messages;

/// <summary>
/// Sees what a state machine applies, in the order of the log. Called when the engine has taken a batch and before anybody
/// is answered, on the thread of the actor that applies: it must not block.
/// </summary>
internal interface IApplyObserver
{
    /// <summary>A batch is in the engine.</summary>
    void OnApplied(in AppliedBatch batch);

    /// <summary>A snapshot is in the engine, in place of entries that are not applied one by one.</summary>
    void OnInstalled(ISnapshot state)
    {
    }
}

/// <summary>What one write of the engine holds.</summary>
/// <param name="region">The region, as of the last entry.</param>
/// <param name="entries">How many entries, with those that are no command.</param>
/// <param name="commands">The commands among them.</param>
/// <param name="elapsed">How long it took to execute and to write them.</param>
internal readonly ref struct AppliedBatch(
    Region region, int entries, ReadOnlySpan<AppliedCommand> commands, TimeSpan elapsed)
{
    /// <summary>The region, as of the last entry.</summary>
    public Region Region => region;

    /// <summary>How many entries, with those that are no command.</summary>
    public int Entries => entries;

    /// <summary>The commands among them, in their order. What they hold lives longer, the span does not; keys and values
    /// are parts of their entry's bytes, which one of them holds in memory: copy what is kept.</summary>
    public ReadOnlySpan<AppliedCommand> Commands { get; } = commands;

    /// <summary>How long it took to execute and to write them.</summary>
    public TimeSpan Elapsed => elapsed;
}

/// <summary>A command, where it stands in the log, and what it has come to.</summary>
internal readonly record struct AppliedCommand(LogPosition Position, Command Command, Applied Result);
