using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using TinyKv.Core;

namespace TinyKv.Simulation.Common;

/// <summary>What a seed has found.</summary>
/// <param name="Rule">The rule that does not hold.</param>
/// <param name="Text">What happened instead.</param>
/// <param name="Cause">What was thrown, if something was.</param>
public sealed record Finding(Rule Rule, string Text, Exception? Cause = null)
{
    /// <summary>What an exception says: the simulation's own name their rule, others should not be.</summary>
    public static Finding Of(Exception thrown) =>
        new((thrown as BrokenRuleException)?.Rule ?? Rule.NothingThrows, thrown.Message, thrown);

    /// <inheritdoc/>
    public override string ToString() => $"{Rule}: {Text}";
}

/// <summary>Checks of the simulation.</summary>
internal static class Judge
{
    /// <summary>Requires <paramref name="condition"/>.</summary>
    /// <exception cref="BrokenRuleException">The condition does not hold.</exception>
    public static void Holds(Rule rule, [DoesNotReturnIf(false)] bool condition,
        [InterpolatedStringHandlerArgument(nameof(condition))] InvariantMessage message)
    {
        if (!condition) throw new BrokenRuleException(rule, message.ToString());
    }
}

/// <summary>A rule of the simulation does not hold.</summary>
internal sealed class BrokenRuleException(Rule rule, string message) : Exception(message)
{
    /// <summary>Which.</summary>
    public Rule Rule => rule;
}
