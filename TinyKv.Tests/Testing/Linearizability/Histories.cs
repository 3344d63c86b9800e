using TinyKv.Testing.Linearizability;
using Operation = TinyKv.Testing.Linearizability.Operation<
    TinyKv.Testing.Linearizability.RegisterInput, TinyKv.Testing.Linearizability.RegisterOutput>;

namespace TinyKv.Tests.Testing.Linearizability;

/// <summary>Histories of one key: written by hand, and made by clients of a register that is correct.</summary>
internal static class Histories
{
    public static Operation Put(long value, long called, long? returned) => new(
        0, new RegisterInput.Put(value), returned is null ? null : new RegisterOutput.Done(), called, returned);

    public static Operation Delete(long called, long? returned) => new(
        0, new RegisterInput.Delete(), returned is null ? null : new RegisterOutput.Done(), called, returned);

    public static Operation Get(long? value, long called, long returned) => new(
        0, new RegisterInput.Get(), new RegisterOutput.Found(value), called, returned);

    public static Operation Swap(
        long? expected, long? value, bool? succeeded, long called, long? returned, long? previous = null) => new(
        0, new RegisterInput.CompareAndSet(expected, value),
        succeeded is { } known ? new RegisterOutput.Swapped(known, known ? expected : previous) : null, called, returned);

    /// <summary>
    /// What clients of a register see that does each call at one moment between its call and its return. Some answers
    /// are lost, before or after the call was done.
    /// </summary>
    public static List<Operation> Legal(Random random, int clients, int operations, double lost, bool compare)
    {
        var model = new RegisterModel();
        var state = model.Initial;
        var (history, busy) = (new List<Operation>(), new List<Running>());
        var (time, values, started) = (0L, 0L, 0);
        var free = new Queue<int>(Enumerable.Range(0, clients));
        while (history.Count < operations)
        {
            time++;
            if (free.Count > 0 && started < operations && (busy.Count == 0 || random.Next(2) == 0))
            {
                busy.Add(new Running(free.Dequeue(), Draw(random, ref values, state, compare), time));
                started++;
                continue;
            }
            var running = busy[random.Next(busy.Count)];
            var gone = random.NextDouble() < lost;
            if (!running.IsDone && !(gone && random.Next(2) == 0))
            {
                running.Output = Do(model, ref state, running.Input);
                if (!gone && random.Next(2) == 0) continue;
            }
            busy.Remove(running);
            history.Add(new Operation(running.Client, running.Input, gone ? null : running.Output, running.Called,
                gone ? null : time));
            // A client that does not know what became of its call continues under another name.
            free.Enqueue(gone ? running.Client + clients : running.Client);
        }
        return history;
    }

    private static RegisterInput Draw(Random random, ref long values, long state, bool compare) =>
        random.Next(compare ? 10 : 8) switch
        {
            < 4 => new RegisterInput.Get(),
            < 7 => new RegisterInput.Put(++values),
            7 => new RegisterInput.Delete(),
            _ => new RegisterInput.CompareAndSet(Expected(random, values, state), random.Next(4) == 0 ? null : ++values),
        };

    // What is there, what was or will be there, or nothing.
    private static long? Expected(Random random, long values, long state) => random.Next(4) switch
    {
        0 => null,
        1 when values > 0 => random.NextInt64(1, values + 1),
        _ => Found(state),
    };

    private static RegisterOutput Do(RegisterModel model, ref long state, RegisterInput input)
    {
        var before = state;
        Assert.True(model.TryStep(before, input, null, out state));
        return input switch
        {
            RegisterInput.Get => new RegisterOutput.Found(Found(before)),
            RegisterInput.CompareAndSet swap =>
                new RegisterOutput.Swapped((swap.Expected ?? long.MinValue) == before, Found(before)),
            _ => new RegisterOutput.Done(),
        };
    }

    private static long? Found(long state) => state == long.MinValue ? null : state;

    private sealed class Running(int client, RegisterInput input, long called)
    {
        public int Client => client;
        public RegisterInput Input => input;
        public long Called => called;
        public RegisterOutput? Output { get; set; }
        public bool IsDone => Output is not null;
    }
}
