namespace TinyKv.Testing.Linearizability;

/// <summary>
/// The calls and returns of a history in the order of their times, as a linked list out of which an operation can be
/// lifted and into which it can be put back in constant time. Open calls have no return.
/// </summary>
internal sealed class Timeline
{
    private Timeline(Node head) => Head = head;

    /// <summary>Stands before the first event.</summary>
    public Node Head { get; }

    /// <summary>Puts a history in order. Of equal times calls come first: then the operations overlap.</summary>
    public static Timeline Of<TInput, TOutput>(IReadOnlyList<Operation<TInput, TOutput>> history)
        where TInput : notnull where TOutput : class
    {
        var events = new List<(long Time, bool IsReturn, int Operation)>(history.Count * 2);
        for (var i = 0; i < history.Count; i++)
        {
            events.Add((history[i].Called, false, i));
            if (history[i].Returned is { } returned) events.Add((returned, true, i));
        }
        events.Sort();
        var head = new Node(-1);
        var calls = new Node[history.Count];
        var last = head;
        foreach (var (_, isReturn, operation) in events)
        {
            var node = new Node(operation) { Previous = last };
            last.Next = node;
            last = node;
            if (isReturn) calls[operation].Return = node;
            else calls[operation] = node;
        }
        return new Timeline(head);
    }

    /// <summary>A call, or a return.</summary>
    internal sealed class Node(int operation)
    {
        public int Operation => operation;

        public Node Previous { get; set; } = null!;

        public Node? Next { get; set; }

        /// <summary>Of a call: its return; null for an open call, and for a return.</summary>
        public Node? Return { get; set; }

        /// <summary>Takes the operation of this call out of the list.</summary>
        public void Lift()
        {
            Unlink(this);
            if (Return is { } end) Unlink(end);
        }

        /// <summary>Undoes the last <see cref="Lift"/>.</summary>
        public void PutBack()
        {
            if (Return is { } end) Link(end);
            Link(this);
        }

        private static void Unlink(Node node)
        {
            node.Previous.Next = node.Next;
            if (node.Next is { } next) next.Previous = node.Previous;
        }

        private static void Link(Node node)
        {
            node.Previous.Next = node;
            if (node.Next is { } next) next.Previous = node;
        }
    }
}
