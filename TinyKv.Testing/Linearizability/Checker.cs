using System.Diagnostics;

namespace TinyKv.Testing.Linearizability;

/// <summary>
/// Decides whether a history is linearizable, by the search of Wing and Gong as Lowe improved it: operations are put
/// in an order one by one, none after the return of another that is still missing, and a set of operations that
/// was tried before with the same state is not tried again. What fits and changes nothing, such as a read, is done at
/// once: it cannot stand in the way of anything.
/// </summary>
/// <remarks>Ours, because there is none for .NET that knows calls of unknown outcome.</remarks>
/// <typeparam name="TState">As the model's.</typeparam>
/// <typeparam name="TInput">A call.</typeparam>
/// <typeparam name="TOutput">An answer.</typeparam>
/// <param name="model">What a correct object does.</param>
/// <param name="limit">How long the check of one history may take.</param>
public sealed class Checker<TState, TInput, TOutput>(IModel<TState, TInput, TOutput> model, TimeSpan limit)
    where TState : notnull where TInput : notnull where TOutput : class
{
    // How many steps pass between two looks at the clock.
    private const int StepsPerLook = 4096;

    /// <summary>Checks a history, and explains why when it is not linearizable.</summary>
    public Verdict Check(IReadOnlyList<Operation<TInput, TOutput>> history) => IsLegal(history) switch
    {
        true => new Verdict.Ok(),
        false => new Verdict.Illegal(new Explanation<TState, TInput, TOutput>(model, IsLegal).Of(history)),
        null => new Verdict.Unknown(limit),
    };

    /// <summary>Whether a history is linearizable; null when that could not be decided in time.</summary>
    public bool? IsLegal(IReadOnlyList<Operation<TInput, TOutput>> history)
    {
        var search = new Search(model, history);
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            for (var i = 0; i < StepsPerLook; i++)
                if (search.Step() is { } decided) return decided;
            if (Stopwatch.GetElapsedTime(started) > limit) return null;
        }
    }

    private sealed class Search
    {
        private readonly IModel<TState, TInput, TOutput> _model;
        private readonly IReadOnlyList<Operation<TInput, TOutput>> _history;
        private readonly Timeline _timeline;
        private readonly Stack<(Timeline.Node Call, TState Before, bool IsChoice)> _done = new();
        private readonly HashSet<(UInt128 Done, TState State)> _tried = [];
        private readonly UInt128[] _marks;
        private UInt128 _set;
        private TState _state;
        private int _missing;
        private Timeline.Node? _at;

        public Search(IModel<TState, TInput, TOutput> model, IReadOnlyList<Operation<TInput, TOutput>> history)
        {
            (_model, _history, _state) = (model, history, model.Initial);
            _timeline = Timeline.Of(history);
            _missing = history.Count(operation => !operation.IsOpen);
            // A set of operations is known by the exclusive or of their marks: 128 random bits do not collide.
            var random = new Random(history.Count);
            _marks = [.. history.Select(_ =>
                new UInt128((ulong)random.NextInt64(long.MinValue, long.MaxValue),
                    (ulong)random.NextInt64(long.MinValue, long.MaxValue)))];
            DoPure();
            _at = _timeline.Head.Next;
        }

        /// <summary>One step; the verdict when there is one.</summary>
        public bool? Step()
        {
            if (_missing == 0) return true;
            if (_at is null || IsReturn(_at))
            {
                // The operation that returned here cannot be done in time: undo the last choice.
                if (UndoChoice() is not { } call) return false;
                _at = call.Next;
            }
            else if (TryDo(_at))
            {
                DoPure();
                _at = _timeline.Head.Next;
            }
            else
            {
                _at = _at.Next;
            }
            return null;
        }

        // An open call has no return either, but it is no return of a completed one.
        private bool IsReturn(Timeline.Node node) => node.Return is null && !_history[node.Operation].IsOpen;

        private bool TryDo(Timeline.Node call)
        {
            var operation = _history[call.Operation];
            if (!_model.TryStep(_state, operation.Input, operation.Output, out var next)) return false;
            // A call that need not take effect is of no use where it has none.
            if (operation.IsOpen && EqualityComparer<TState>.Default.Equals(next, _state)) return false;
            if (!_tried.Add((_set ^ _marks[call.Operation], next))) return false;
            Do(call, next, isChoice: true);
            return true;
        }

        private void DoPure()
        {
            // What is lifted out of the list still knows where it was.
            for (var last = _timeline.Head; last.Next is { } node && !IsReturn(node);)
            {
                var operation = _history[node.Operation];
                if (!operation.IsOpen && _model.IsPure(operation.Input, operation.Output)
                    && _model.TryStep(_state, operation.Input, operation.Output, out _))
                    Do(node, _state, isChoice: false);
                else last = node;
            }
        }

        private void Do(Timeline.Node call, TState next, bool isChoice)
        {
            _done.Push((call, _state, isChoice));
            _set ^= _marks[call.Operation];
            _state = next;
            if (!_history[call.Operation].IsOpen) _missing--;
            call.Lift();
        }

        /// <summary>Undoes everything from the last choice on, and returns that; null when there was none.</summary>
        private Timeline.Node? UndoChoice()
        {
            while (_done.TryPop(out var last))
            {
                _set ^= _marks[last.Call.Operation];
                _state = last.Before;
                if (!_history[last.Call.Operation].IsOpen) _missing++;
                last.Call.PutBack();
                if (last.IsChoice) return last.Call;
            }
            return null;
        }
    }
}
