namespace TinyKv.Testing.Linearizability;

/// <summary>A call on one key. Values are numbers, unique per write; null is the absence of a value.</summary>
internal abstract record RegisterInput
{
    private RegisterInput() { }

    /// <summary>What is called, for people.</summary>
    public abstract string Kind { get; }

    /// <summary>Reads.</summary>
    public sealed record Get : RegisterInput
    {
        public override string Kind => "get";

        public override string ToString() => Kind;
    }

    /// <summary>Writes.</summary>
    public sealed record Put(long Value) : RegisterInput
    {
        public override string Kind => "put";

        public override string ToString() => $"{Kind} {Value}";
    }

    /// <summary>Removes.</summary>
    public sealed record Delete : RegisterInput
    {
        public override string Kind => "delete";

        public override string ToString() => Kind;
    }

    /// <summary>Writes, or removes, if the value is the expected one.</summary>
    public record CompareAndSet(long? Expected, long? Desired) : RegisterInput
    {
        public override string Kind => "compare-and-set";

        public override string ToString() => $"{Kind} {RegisterModel.Text(Expected)} to {RegisterModel.Text(Desired)}";
    }

    /// <summary>Writes if there is no value.</summary>
    public sealed record PutIfAbsent(long Value) : CompareAndSet(null, Value)
    {
        public override string Kind => "put-if-absent";

        public override string ToString() => $"{Kind} {Value}";
    }
}

/// <summary>An answer.</summary>
internal abstract record RegisterOutput
{
    private RegisterOutput() { }

    /// <summary>Of a put or a delete.</summary>
    public sealed record Done : RegisterOutput
    {
        public override string ToString() => "done";
    }

    /// <summary>Of a get.</summary>
    public sealed record Found(long? Value) : RegisterOutput
    {
        public override string ToString() => RegisterModel.Text(Value);
    }

    /// <summary>Of a conditional write: whether it wrote, and what was there before.</summary>
    public sealed record Swapped(bool Succeeded, long? Previous) : RegisterOutput
    {
        public override string ToString() =>
            $"{(Succeeded ? "written" : "refused")} over {RegisterModel.Text(Previous)}";
    }
}

/// <summary>One key: get, put, delete, compare-and-set and put-if-absent.</summary>
internal sealed class RegisterModel : IModel<long, RegisterInput, RegisterOutput>
{
    private const long Absent = long.MinValue;

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

    /// <summary>A value for people.</summary>
    internal static string Text(long? value) => value is null or Absent ? "nothing" : $"{value}";
}
