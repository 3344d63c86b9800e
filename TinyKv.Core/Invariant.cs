using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace TinyKv.Core;

/// <summary>Checks that stay on in release builds: a broken invariant stops the store, it never corrupts.</summary>
public static class Invariant
{
    /// <summary>Requires <paramref name="condition"/>.</summary>
    /// <exception cref="InvariantViolationException">The condition does not hold.</exception>
    public static void Holds(
        [DoesNotReturnIf(false)] bool condition,
        [InterpolatedStringHandlerArgument(nameof(condition))] InvariantMessage message)
    {
        if (!condition) throw new InvariantViolationException(message.ToString());
    }
}

/// <summary>The message of a check, formatted only when the check fails.</summary>
[InterpolatedStringHandler]
public ref struct InvariantMessage
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>Called by the compiler.</summary>
    public InvariantMessage(int literalLength, int formattedCount, bool condition, out bool enabled)
    {
        enabled = !condition;
        _text = enabled ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    /// <summary>Called by the compiler.</summary>
    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    /// <summary>Called by the compiler.</summary>
    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <inheritdoc/>
    public override string ToString() => _text.ToStringAndClear();
}

/// <summary>A property that must always hold does not; the store that sees it must stop.</summary>
public sealed class InvariantViolationException(string message) : Exception(message);
