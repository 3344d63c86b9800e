using System.Collections.Concurrent;
using TinyKv.Testing.Linearizability;
using Operation = TinyKv.Testing.Linearizability.Operation<
    TinyKv.Testing.Linearizability.RegisterInput, TinyKv.Testing.Linearizability.RegisterOutput>;

namespace TinyKv.Faults.Workload;

/// <summary>How many operations there were through each kind of client, by kind of call and outcome. Thread-safe.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<(string Client, string What), int> _counts = new();

    /// <summary>A line for each kind of client.</summary>
    public IEnumerable<string> Lines => _counts.GroupBy(each => each.Key.Client)
        .OrderBy(client => client.Key, StringComparer.Ordinal)
        .Select(client => $"{client.Key}: " + string.Join(", ", client.OrderBy(each => each.Key.What, StringComparer.Ordinal)
            .Select(each => $"{each.Value} {each.Key.What}")));

    /// <summary>Counts an operation.</summary>
    public void Add(string client, Operation operation) =>
        _counts.AddOrUpdate((client, What(operation)), 1, (_, count) => count + 1);

    private static string What(Operation operation) => operation switch
    {
        { IsOpen: true } => $"{operation.Input.Kind} unknown",
        { Output: RegisterOutput.Swapped { Succeeded: false } } => $"{operation.Input.Kind} refused",
        _ => operation.Input.Kind,
    };
}
