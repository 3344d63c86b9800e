using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Core.Commands;

/// <summary>
/// What the committed entries of a region are applied to. The same commands in the same order bring every replica to the
/// same state and the same replies: there is no clock here, no chance, and nothing to read but the engine.
/// </summary>
public interface IStateMachine
{
    /// <summary>The region, as of what is applied.</summary>
    Region Region { get; }

    /// <summary>Applies a change of members.</summary>
    void Apply(Configuration members);

    /// <summary>Applies a command that was proposed in a term. The caller puts the writes into the engine, together with
    /// the applied index.</summary>
    /// <returns>What changes and what to tell whoever asked; null when this state machine knows no such command: nothing has
    /// changed then.</returns>
    Applied? Apply(Command command, long term, IEngineView view);

    /// <summary>What to tell a reader for whom leadership in a term was confirmed, from the state as it is now.</summary>
    object Read(long term);
}

/// <summary>What a command has come to.</summary>
/// <param name="Writes">What changes in the engine, in this order; ranges are cut to the region.</param>
/// <param name="Reply">What whoever asked is told.</param>
public readonly record struct Applied(IReadOnlyList<Modify> Writes, object Reply);

/// <summary>The engine, as a command finds it.</summary>
public interface IEngineView
{
    /// <summary>The engine as all commands before this one leave it. Dispose it.</summary>
    ISnapshot Snapshot();
}
