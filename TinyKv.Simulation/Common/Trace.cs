using System.Runtime.CompilerServices;

namespace TinyKv.Simulation.Common;

/// <summary>
/// What happened, as a number that two equal runs share, and as text when somebody wants to read it.
/// </summary>
internal sealed class Trace(bool readable)
{
    private readonly List<string> _lines = [];

    /// <summary>A digest of everything mixed in so far.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    /// <summary>The text so far; empty when the trace is not readable.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Adds to the digest.</summary>
    public void Mix(long value) => Hash = (Hash ^ (ulong)value) * 1099511628211;

    /// <summary>Adds a line; formats nothing when nobody will read it.</summary>
    public void Add([InterpolatedStringHandlerArgument("")] Line line)
    {
        if (readable) _lines.Add(line.ToString());
    }

    /// <summary>The text of a line.</summary>
    [InterpolatedStringHandler]
    public ref struct Line
    {
        private DefaultInterpolatedStringHandler _text;

        /// <summary>Called by the compiler.</summary>
        public Line(int literalLength, int formattedCount, Trace trace, out bool enabled)
        {
            enabled = trace.IsReadable;
            _text = enabled ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
        }

        /// <summary>Called by the compiler.</summary>
        public void AppendLiteral(string value) => _text.AppendLiteral(value);

        /// <summary>Called by the compiler.</summary>
        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        /// <inheritdoc/>
        public override string ToString() => _text.ToStringAndClear();
    }

    private bool IsReadable => readable;
}
