using System.Globalization;
using System.Text;

namespace TinyKv.Testing.Linearizability;

/// <summary>Makes a history that is not linearizable small enough to read.</summary>
internal sealed class Explanation<TState, TInput, TOutput>(
    IModel<TState, TInput, TOutput> model, Func<IReadOnlyList<Operation<TInput, TOutput>>, bool?> isLegal)
    where TState : notnull where TInput : notnull where TOutput : class
{
    /// <summary>The shortest beginning that is already wrong, without what does not matter to it.</summary>
    public string Of(IReadOnlyList<Operation<TInput, TOutput>> history)
    {
        var small = WithoutReads(WithoutOtherTopics(ShortestBeginning(history)));
        var first = small.Min(operation => operation.Called);
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"no order of these {small.Count} calls (of {history.Count}) explains the answers, "
            + $"from {model.Describe(model.Initial)} on:");
        foreach (var operation in small.OrderBy(operation => operation.Called))
        {
            var end = operation.Returned is { } returned ? $"{returned - first,9}" : "     open";
            text.AppendLine(CultureInfo.InvariantCulture,
                $"  {operation.Called - first,9} .. {end}  client {operation.Client,3}: "
                + $"{model.Describe(operation.Input, operation.Output)}");
        }
        return text.ToString();
    }

    // Whatever is wrong stays wrong when more follows, so the first wrong moment can be found by halving.
    private List<Operation<TInput, TOutput>> ShortestBeginning(IReadOnlyList<Operation<TInput, TOutput>> history)
    {
        var ends = history.Where(operation => !operation.IsOpen).Select(operation => operation.Returned!.Value)
            .Order().ToList();
        var (low, high) = (0, ends.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (isLegal(Until(history, ends[middle])) is false) high = middle;
            else low = middle + 1;
        }
        return Until(history, ends[low]);
    }

    private static List<Operation<TInput, TOutput>> Until(
        IReadOnlyList<Operation<TInput, TOutput>> history, long end) =>
        [.. history.Where(operation => operation.Called <= end)
            .Select(operation => operation.Returned > end
                ? operation with { Output = null, Returned = null } : operation)];

    private List<Operation<TInput, TOutput>> WithoutOtherTopics(List<Operation<TInput, TOutput>> history)
    {
        var topics = history.Select(TopicOf).Distinct().ToList();
        if (topics.Contains(null)) return history;
        foreach (var topic in topics)
        {
            var rest = history.FindAll(operation => !Equals(TopicOf(operation), topic));
            if (isLegal(rest) is false) history = rest;
        }
        return history;
    }

    // Fewer answers are easier to explain: what is wrong without them is what matters.
    private List<Operation<TInput, TOutput>> WithoutReads(List<Operation<TInput, TOutput>> history)
    {
        foreach (var operation in history.Where(each => model.IsPure(each.Input, each.Output)).ToList())
        {
            var rest = history.FindAll(other => !ReferenceEquals(other, operation));
            if (isLegal(rest) is false) history = rest;
        }
        return history;
    }

    private object? TopicOf(Operation<TInput, TOutput> operation) => model.Topic(operation.Input, operation.Output);
}
