using RegisterOperation =
    TinyKv.Testing.Linearizability.Operation<
        TinyKv.Testing.Linearizability.RegisterInput, TinyKv.Testing.Linearizability.RegisterOutput>;

namespace TinyKv.Testing.Linearizability;

/// <summary>
/// Makes histories of one key easier to check without changing the verdict. Each call whose outcome is unknown could
/// take effect at any time after it, which doubles the work; what others saw narrows that down, as long as every write
/// has a value of its own.
/// </summary>
internal static class RegisterHistory
{
    /// <summary>The history with fewer open calls.</summary>
    public static IReadOnlyList<RegisterOperation> Simplify(IReadOnlyList<RegisterOperation> history)
    {
        var written = history.Select(operation => Writes(operation.Input)).OfType<long>().ToList();
        if (written.Distinct().Count() < written.Count) return history;
        var open = history.Where(operation => operation.IsOpen).Select(operation => operation.Input)
            .OfType<RegisterInput.CompareAndSet>().ToList();
        var seen = FirstSeen(history, open);
        var perhapsRemoved = PerhapsRemoved(open);
        var simpler = new List<RegisterOperation>(history.Count);
        foreach (var operation in history)
        {
            switch (operation)
            {
                case { IsOpen: true, Input: RegisterInput.Get }:
                    break;
                case { IsOpen: true } when Writes(operation.Input) is { } value:
                    // Whoever saw it proves that it took effect before; values are unique. Without that it is as if
                    // it never had: every answer tells what it saw.
                    if (seen.TryGetValue(value, out var at)) simpler.Add(Seen(operation, at));
                    else if (perhapsRemoved.Contains(value)) simpler.Add(operation);
                    break;
                default:
                    simpler.Add(operation);
                    break;
            }
        }
        return simpler;
    }

    private static long? Writes(RegisterInput input) => input switch
    {
        RegisterInput.Put put => put.Value,
        RegisterInput.CompareAndSet swap => swap.Desired,
        _ => null,
    };

    private static RegisterOperation Seen(RegisterOperation operation, long at) => operation with
    {
        Output = operation.Input is RegisterInput.CompareAndSet swap
            ? new RegisterOutput.Swapped(true, swap.Expected) : new RegisterOutput.Done(),
        Returned = Math.Max(at, operation.Called),
    };

    private static Dictionary<long, long> FirstSeen(
        IReadOnlyList<RegisterOperation> history, List<RegisterInput.CompareAndSet> open)
    {
        var first = new Dictionary<long, long>();
        foreach (var operation in history)
        {
            var value = operation.Output switch
            {
                RegisterOutput.Found found => found.Value,
                RegisterOutput.Swapped swapped => swapped.Previous,
                _ => null,
            };
            if (value is { } known) Enter(known, operation.Returned!.Value);
        }
        // A compare-and-set that was seen to have written has seen what it expected; one may have led to the next.
        var swaps = open.FindAll(swap => swap is { Expected: not null, Desired: not null });
        while (swaps.Exists(swap => first.TryGetValue(swap.Desired!.Value, out var at) && Enter(swap.Expected!.Value, at)))
            continue;
        return first;

        bool Enter(long value, long at)
        {
            if (first.TryGetValue(value, out var earlier) && earlier <= at) return false;
            first[value] = at;
            return true;
        }
    }

    // An open compare-and-set that removes may have seen what it expected and leaves nothing behind that tells; the
    // same goes for those that led to it.
    private static HashSet<long> PerhapsRemoved(List<RegisterInput.CompareAndSet> open)
    {
        var values = new HashSet<long>();
        while (open.Exists(swap => (swap.Desired is not { } desired || values.Contains(desired))
            && swap.Expected is { } expected && values.Add(expected)))
            continue;
        return values;
    }
}
