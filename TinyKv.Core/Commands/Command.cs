namespace TinyKv.Core.Commands;

/// <summary>
/// What an entry of a log asks a state machine to do. Closed: the kinds are those of this folder, and each state machine
/// knows some of them.
/// </summary>
public abstract record Command
{
    private protected Command() { }
}
