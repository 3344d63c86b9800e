namespace TinyKv.Testing.Linearizability;

/// <summary>A call on one key. Values are numbers; null is the absence of a value.</summary>
/// <remarks>A check takes less time when every write has a value of its own.</remarks>
public abstract record RegisterInput
{
    private RegisterInput() { }

    /// <summary>What is called, for people.</summary>
    public abstract string Kind { get; }

    /// <inheritdoc/>
    public sealed override string ToString() => Describe(RegisterValues.Text);

    internal virtual string Describe(Func<long?, string> text) => Kind;

    /// <summary>Reads.</summary>
    public sealed record Get : RegisterInput
    {
        /// <inheritdoc/>
        public override string Kind => "get";
    }

    /// <summary>Writes.</summary>
    /// <param name="Value">What the key is to hold.</param>
    public sealed record Put(long Value) : RegisterInput
    {
        /// <inheritdoc/>
        public override string Kind => "put";

        internal override string Describe(Func<long?, string> text) => $"{Kind} {text(Value)}";
    }

    /// <summary>Removes.</summary>
    public sealed record Delete : RegisterInput
    {
        /// <inheritdoc/>
        public override string Kind => "delete";
    }

    /// <summary>Writes, or removes, if the value is the expected one.</summary>
    /// <param name="Expected">What the key must hold.</param>
    /// <param name="Desired">What it is to hold.</param>
    public record CompareAndSet(long? Expected, long? Desired) : RegisterInput
    {
        /// <inheritdoc/>
        public override string Kind => "compare-and-set";

        internal override string Describe(Func<long?, string> text) => $"{Kind} {text(Expected)} to {text(Desired)}";
    }

    /// <summary>Writes if there is no value.</summary>
    /// <param name="Value">What the key is to hold.</param>
    public sealed record PutIfAbsent(long Value) : CompareAndSet(null, Value)
    {
        /// <inheritdoc/>
        public override string Kind => "put-if-absent";

        internal override string Describe(Func<long?, string> text) => $"{Kind} {text(Value)}";
    }
}

/// <summary>An answer.</summary>
public abstract record RegisterOutput
{
    private RegisterOutput() { }

    /// <inheritdoc/>
    public sealed override string ToString() => Describe(RegisterValues.Text);

    internal abstract string Describe(Func<long?, string> text);

    /// <summary>Of a put or a delete.</summary>
    public sealed record Done : RegisterOutput
    {
        internal override string Describe(Func<long?, string> text) => "done";
    }

    /// <summary>Of a get.</summary>
    /// <param name="Value">What the key held.</param>
    public sealed record Found(long? Value) : RegisterOutput
    {
        internal override string Describe(Func<long?, string> text) => text(Value);
    }

    /// <summary>Of a conditional write: whether it wrote, and what was there before.</summary>
    /// <param name="Succeeded">Whether it wrote.</param>
    /// <param name="Previous">What the key held before.</param>
    public sealed record Swapped(bool Succeeded, long? Previous) : RegisterOutput
    {
        internal override string Describe(Func<long?, string> text) =>
            $"{(Succeeded ? "written" : "refused")} over {text(Previous)}";
    }
}

/// <summary>One key, absent at first: get, put, delete, compare-and-set and put-if-absent.</summary>
/// <param name="nameOf">A value for people; its number by default.</param>
public sealed class RegisterModel(Func<long, string>? nameOf = null) : IModel<long, RegisterInput, RegisterOutput>
{
    private const long Absent = RegisterValues.Absent;

    /// <inheritdoc/>
    public long Initial => Absent;

    /// <inheritdoc/>
    public bool TryStep(long state, RegisterInput input, RegisterOutput? output, out long next)
    {
        next = state;
        switch (input)
        {
            case RegisterInput.Get:
                return output is not RegisterOutput.Found found || (found.Value ?? Absent) == state;
            case RegisterInput.Put put:
                next = put.Value;
                return true;
            case RegisterInput.Delete:
                next = Absent;
                return true;
            case RegisterInput.CompareAndSet swap:
                var matches = (swap.Expected ?? Absent) == state;
                if (matches) next = swap.Desired ?? Absent;
                return output is not RegisterOutput.Swapped swapped
                    || (swapped.Succeeded == matches && (swapped.Previous ?? Absent) == state);
            default:
                throw new ArgumentException($"unknown call {input}", nameof(input));
        }
    }

    /// <inheritdoc/>
    public bool IsPure(RegisterInput input, RegisterOutput? output) =>
        input is RegisterInput.Get || output is RegisterOutput.Swapped { Succeeded: false };

    /// <inheritdoc/>
    public object? Topic(RegisterInput input, RegisterOutput? output) => (input, output) switch
    {
        (RegisterInput.Put put, _) => put.Value,
        (RegisterInput.CompareAndSet, _) => null,
        (_, RegisterOutput.Found { Value: { } value }) => value,
        _ => Absent,
    };

    /// <inheritdoc/>
    public string Describe(long state) => Text(state);

    /// <inheritdoc/>
    public string Describe(RegisterInput input, RegisterOutput? output)
    {
        ArgumentNullException.ThrowIfNull(input);
        return $"{input.Describe(Text)} → {output?.Describe(Text) ?? "unknown"}";
    }

    private string Text(long? value) =>
        value is { } number and not Absent && nameOf is not null ? nameOf(number) : RegisterValues.Text(value);
}

/// <summary>Values as numbers.</summary>
internal static class RegisterValues
{
    /// <summary>The state of a key without a value.</summary>
    public const long Absent = long.MinValue;

    /// <summary>A value for people.</summary>
    public static string Text(long? value) => value is null or Absent ? "nothing" : $"{value}";
}
