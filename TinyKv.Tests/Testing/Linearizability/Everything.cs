using TinyKv.Testing.Linearizability;
using Operation = TinyKv.Testing.Linearizability.Operation<
    TinyKv.Testing.Linearizability.RegisterInput, TinyKv.Testing.Linearizability.RegisterOutput>;

namespace TinyKv.Tests.Testing.Linearizability;

/// <summary>The definition of linearizability, word for word: tries every order of every choice of open calls.</summary>
internal static class Everything
{
    public static bool IsLegal(IReadOnlyList<Operation> history)
    {
        var model = new RegisterModel();
        return From(model.Initial, [.. history]);

        bool From(long state, List<Operation> left)
        {
            if (left.TrueForAll(operation => operation.IsOpen)) return true;
            foreach (var operation in left)
            {
                if (left.Exists(other => other.Returned < operation.Called)) continue;
                if (!model.TryStep(state, operation.Input, operation.Output, out var next)) continue;
                if (From(next, [.. left.Where(other => !ReferenceEquals(other, operation))])) return true;
            }
            return false;
        }
    }
}

/// <summary>What goes wrong in real stores, put into a history.</summary>
internal static class Tamper
{
    public static List<Operation> With(List<Operation> history, Random random)
    {
        var tampered = history.ToList();
        var reads = tampered.FindAll(operation => operation.Output is RegisterOutput.Found);
        var writes = tampered.FindAll(operation => operation.Output is RegisterOutput.Done);
        var swaps = tampered.FindAll(operation => operation.Output is RegisterOutput.Swapped);
        switch (random.Next(4))
        {
            // A stale read, a lost update, or a value from nowhere: another answer to a read.
            case 0 when reads.Count > 0:
                var read = reads[random.Next(reads.Count)];
                Replace(read, read with { Output = new RegisterOutput.Found(Other()) });
                break;
            // A write whose effect is there before it was called, or after it returned.
            case 1 when writes.Count > 0:
                var write = writes[random.Next(writes.Count)];
                var shift = random.Next(-10, 10);
                Replace(write, write with { Called = write.Called + shift, Returned = write.Returned + shift });
                break;
            // A write that was acknowledged and not done.
            case 2 when writes.Count > 0:
                tampered.Remove(writes[random.Next(writes.Count)]);
                break;
            // A condition that was decided by something else than what was there.
            case 3 when swaps.Count > 0:
                var swap = swaps[random.Next(swaps.Count)];
                Replace(swap, swap with { Output = new RegisterOutput.Swapped(random.Next(2) == 0, Other()) });
                break;
        }
        return tampered;

        long? Other() => random.Next(3) == 0 ? null : random.Next(1, 5);

        void Replace(Operation old, Operation with) => tampered[tampered.IndexOf(old)] = with;
    }
}
