using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Tests.Core.Stores;

/// <summary>
/// What holds for introductions in any order, lost, repeated and late, over restarts at any moment; then with directories
/// that are replaced by new ones and by old copies.
/// </summary>
public sealed class IntroductionProperties
{
    private const int Seeds = 2000;
    private const int Steps = 120;

    [Fact]
    public void A_store_on_its_own_directory_is_never_refused_and_the_cluster_is_formed()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var world = new Hall(seed, faults: false);
            for (var step = 0; step < Steps; step++) world.Step();
            Assert.True(world.Refusals == 0, $"seed {seed}: {world.Refusals} refusals");
            world.Settle();
            Assert.All(world.Stores, store => Assert.True(store.Record.IsFormed, $"seed {seed}"));
            Assert.All(world.Stores.SelectMany(store => store.Contacts),
                contact => Assert.True(contact.IsIntroduced, $"seed {seed}"));
        }
    }

    [Fact]
    public void Who_has_formed_a_cluster_accepts_no_other_directory_and_no_copy_from_before_what_it_has_accepted()
    {
        var (formed, copies) = (0, 0);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var world = new Hall(seed, faults: true);
            if (seed % 2 == 0) world.Settle();
            for (var step = 0; step < Steps; step++) world.Step();
            Assert.True(world.Wrong is null, $"seed {seed}: {world.Wrong}");
            formed += world.Stores.Count(store => store.Record.IsFormed);
            copies += world.Copies;
        }
        Assert.True(formed > Seeds / 2 && copies > Seeds / 2, $"{formed} formed, {copies} old copies were started");
    }

    /// <summary>Three stores and what is on its way between them.</summary>
    private sealed class Hall
    {
        private readonly Random _random;
        private readonly bool _faults;
        private readonly List<object> _letters = [];
        private readonly List<StoreRecord>[] _past = [[], [], []];
        // By directory: the starts whose promises a later start on the same line knows.
        private readonly Dictionary<ulong, HashSet<ulong>> _line = [];
        private ulong _directories;

        public Hall(int seed, bool faults)
        {
            (_random, _faults) = (new Random(seed), faults);
            Stores = [.. Enumerable.Range(0, 3).Select(index => Start(index, null))];
        }

        public Introductions[] Stores { get; }

        public int Refusals { get; private set; }

        public int Copies { get; private set; }

        public string? Wrong { get; private set; }

        public void Step()
        {
            var index = _random.Next(3);
            var store = Stores[index];
            switch (_random.Next(_faults ? 40 : 38))
            {
                case <= 12: _letters.Add(store.HelloTo(IdOf(Stores[(index + 1 + _random.Next(2)) % 3]))); break;
                case <= 34 when _letters.Count > 0: Deliver(); break;
                case 37: Stores[index] = Start(index, store.Record); break;
                case 38: Stores[index] = Start(index, null); break;
                case 39 when _past[index].Count > 0:
                    Copies++;
                    Stores[index] = Start(index, _past[index][_random.Next(_past[index].Count)]);
                    break;
            }
        }

        public void Settle()
        {
            _letters.Clear();
            Met.IntroduceAll(Stores);
            Met.IntroduceAll(Stores);
        }

        private static StoreId IdOf(Introductions store) => store.HelloTo(new StoreId(0)).From;

        private Introductions Start(int index, StoreRecord? record)
        {
            record = record is null ? Met.Fresh(++_directories, 1, 2, 3) : Met.Started(record, 1, 2, 3);
            _past[index].Add(record);
            // What this start knows of itself: all before it on its line, and itself.
            _line[record.Incarnation] = [.. record.Earlier, record.Incarnation,
                .. record.Earlier.SelectMany(earlier => _line[earlier])];
            return Met.Store((ulong)index + 1, record);
        }

        // Mostly the oldest; some stay where they are, and arrive twice.
        private void Deliver()
        {
            var at = _random.Next(4) == 0 ? _random.Next(_letters.Count) : 0;
            var letter = _letters[at];
            if (_random.Next(5) != 0) _letters.RemoveAt(at);
            if (letter is StoreHello hello) Deliver(hello);
            else if (letter is (StoreId to, StoreHelloReply reply)) Stores[(int)to.Value - 1].Hear(reply);
        }

        private void Deliver(StoreHello hello)
        {
            var receiver = Stores[(int)hello.To.Value - 1];
            var known = receiver.Record.Stores.GetValueOrDefault(hello.From.Value);
            var refusal = receiver.Hear(hello);
            var isPresent = Stores[(int)hello.From.Value - 1].Record.Incarnation == hello.Incarnation;
            if (refusal is not null && isPresent) Refusals++;
            if (refusal is null && known is not null) Check(hello, known);
            _letters.Add((hello.From, new StoreHelloReply(
                hello.To, receiver.Record.Incarnation, hello.Directory, hello.Incarnation, refusal)));
        }

        private void Check(StoreHello hello, KnownStore known)
        {
            if (hello.Directory != known.Directory) Wrong ??= $"{hello} was accepted instead of {known}";
            if (!_line[hello.Incarnation].Contains(known.Incarnation))
                Wrong ??= $"{hello} was accepted, it is from before {known}";
        }
    }
}
