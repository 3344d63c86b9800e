using RegisterOperation =
    TinyKv.Faults.Linearizability.Operation<
        TinyKv.Faults.Linearizability.RegisterInput, TinyKv.Faults.Linearizability.RegisterOutput>;

namespace TinyKv.Faults.Linearizability;

/// <summary>
/// Makes histories of one key easier to check without changing the verdict. Each call whose outcome is unknown could
/// take effect at any time after it, which doubles the work; what others saw narrows that down.
/// </summary>
internal static class RegisterHistory
{
    /// <summary>The history with fewer open calls.</summary>
    public static IReadOnlyList<RegisterOperation> Simplify(IReadOnlyList<RegisterOperation> history)
    {
        var seen = FirstSeen(history);
        // A compare-and-set that failed may have seen a value that nobody read.
        var compares = history.Any(operation => operation.Input is RegisterInput.CompareAndSet);
        var simpler = new List<RegisterOperation>(history.Count);
        foreach (var operation in history)
        {
            switch (operation)
            {
                case { IsOpen: true, Input: RegisterInput.Get }:
                    break;
                case { IsOpen: true, Input: RegisterInput.Put put } when seen.TryGetValue(put.Value, out var at):
                    // Whoever read it proves that it took effect before; values are unique.
                    simpler.Add(operation with { Returned = Math.Max(at, operation.Called) });
                    break;
                case { IsOpen: true, Input: RegisterInput.Put } when !compares:
                    break;
                default:
                    simpler.Add(operation);
                    break;
            }
        }
        return simpler;
    }

    private static Dictionary<long, long> FirstSeen(IReadOnlyList<RegisterOperation> history)
    {
        var first = new Dictionary<long, long>();
        foreach (var operation in history)
        {
            var value = operation switch
            {
                { Output: RegisterOutput.Found { Value: { } found } } => found,
                {
                    Output: RegisterOutput.Swapped { Succeeded: true },
                    Input: RegisterInput.CompareAndSet { Expected: { } expected }
                } => expected,
                _ => (long?)null,
            };
            if (value is not { } known || operation.Returned is not { } at) continue;
            first[known] = first.TryGetValue(known, out var earlier) ? Math.Min(earlier, at) : at;
        }
        return first;
    }
}
