namespace TinyKv.Tests.Simulation.Nodes;

/// <summary>
/// Whether the operations on one key can have happened one after the other, each between its invocation and its
/// return (Wing and Gong's search with Lowe's memory). A write of unknown outcome may happen at any later time, or
/// never.
/// </summary>
internal static class RegisterChecker
{
    private const int MostOperations = 256;

    /// <summary>Why the operations on one key can not have happened in any order, or null when they can.</summary>
    public static string? Anomaly(IReadOnlyList<Operation> history)
    {
        var operations = Settle(history);
        if (operations.Count > MostOperations) throw new ArgumentException($"more than {MostOperations} operations");
        var search = new Search(operations);
        return search.Run() ? null : $"{search.Stuck} has no place in the history of its key";
    }

    // Nobody saw an open write: it may as well never have happened. Somebody did: then it happened before that answer.
    private static List<Interval> Settle(IReadOnlyList<Operation> history)
    {
        var seen = history.Where(o => o is { Kind: OperationKind.Get, Value: not null, Returned: < long.MaxValue })
            .GroupBy(o => o.Value!, StringComparer.Ordinal)
            .ToDictionary(reads => reads.Key, reads => reads.Min(read => read.Returned), StringComparer.Ordinal);
        var settled = new List<Interval>();
        foreach (var operation in history)
        {
            var returned = operation.Returned;
            if (returned == long.MaxValue)
            {
                if (operation.Kind == OperationKind.Get) continue;
                if (operation.Kind == OperationKind.Put && !seen.TryGetValue(operation.Value!, out returned)) continue;
            }
            settled.Add(new Interval(operation, returned));
        }
        return settled;
    }

    private readonly record struct Interval(Operation Operation, long Returned)
    {
        public bool Writes => Operation.Kind != OperationKind.Get;

        public string? Value => Operation.Kind == OperationKind.Delete ? null : Operation.Value;
    }

    private sealed class Search(List<Interval> operations)
    {
        private readonly HashSet<(UInt128, UInt128, string?)> _visited = [];
        private readonly Stack<(Done Done, string? State)> _open = new();
        private int _mostDone = -1;

        public Operation? Stuck { get; private set; }

        public bool Run()
        {
            _open.Push((default, null));
            while (_open.TryPop(out var at))
            {
                var done = Read(at.Done, at.State);
                if (!_visited.Add((done.Low, done.High, at.State))) continue;
                if (IsComplete(done)) return true;
                Branch(done, at.State);
            }
            return false;
        }

        // A read that may happen now and sees what is there need not wait: it changes nothing.
        private Done Read(Done done, string? state)
        {
            var limit = Limit(done);
            for (var i = 0; i < operations.Count && operations[i].Operation.Invoked <= limit; i++)
            {
                if (done.Has(i) || operations[i].Writes || operations[i].Value != state) continue;
                done = done.With(i);
                limit = Limit(done);
            }
            return done;
        }

        private void Branch(Done done, string? state)
        {
            var limit = Limit(done);
            if (done.Count > _mostDone)
                (_mostDone, Stuck) = (done.Count, operations.First(o => o.Returned == limit).Operation);
            for (var i = operations.Count - 1; i >= 0; i--)
            {
                var next = operations[i];
                if (next.Writes && !done.Has(i) && next.Operation.Invoked <= limit) _open.Push((done.With(i), next.Value));
            }
        }

        // Whatever is invoked later than this comes after something that has not happened yet.
        private long Limit(Done done)
        {
            var limit = long.MaxValue;
            for (var i = 0; i < operations.Count; i++)
                if (!done.Has(i)) limit = Math.Min(limit, operations[i].Returned);
            return limit;
        }

        private bool IsComplete(Done done)
        {
            for (var i = 0; i < operations.Count; i++)
                if (!done.Has(i) && operations[i].Returned != long.MaxValue) return false;
            return true;
        }
    }

    private readonly record struct Done(UInt128 Low, UInt128 High, int Count)
    {
        public bool Has(int i) => ((i < 128 ? Low >> i : High >> (i - 128)) & 1) != 0;

        public Done With(int i) => i < 128
            ? this with { Low = Low | (UInt128.One << i), Count = Count + 1 }
            : this with { High = High | (UInt128.One << (i - 128)), Count = Count + 1 };
    }
}
