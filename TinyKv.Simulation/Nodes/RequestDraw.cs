using Google.Protobuf;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Simulation.Common;
using TinyKv.Testing.Linearizability;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// Draws what a client wants next. There are single keys, <c>k</c>, and pairs of keys, <c>t</c>, that are only written
/// together, with the same value: who reads both at once must find them equal.
/// </summary>
internal sealed class RequestDraw(SimClient client)
{
    private const long ValuesPerClient = 1_000_000;
    private readonly Random _random = client.Random;
    private long _values = client.Number * ValuesPerClient;

    /// <summary>The other key of a pair; null when there is none.</summary>
    public static string? TwinOf(string key) => key[0] != 't' ? null : $"{key[..^1]}{(key[^1] == 'a' ? 'b' : 'a')}";

    /// <summary>The next thing.</summary>
    public SimRequest Next() => _random.Next(100) switch
    {
        < 20 => Put(Single()),
        < 24 => Delete(Single()),
        < 44 => Get(Single()),
        < 54 => CompareAndSet(Single()),
        < 59 => PutIfAbsent(Single()),
        59 => BatchPut([.. Pair(), Single()]),
        < 66 => BatchPut(Pair()),
        < 68 => BatchDelete(Pair()),
        < 75 => BatchGet(Pair(), Single()),
        < 83 => Scan(),
        < 86 => DeleteRange(),
        < 89 => new IdRequest(client),
        89 when _random.Percent(50) => new StoresRequest(client),
        89 => new RegistrationRequest(client, (ulong)_random.Next(100, 104), _random.Next(100, 106)),
        _ => new TimestampRequest(client, _random.Pick(1, 1, 10, 100_000)),
    };

    private KeysRequest Put(string key)
    {
        var number = ++_values;
        return new KeysRequest(client, new PutRequest { Key = Bytes(key), Value = Value(number) },
            (key, new RegisterInput.Put(number)));
    }

    private KeysRequest Delete(string key) =>
        new(client, new DeleteRequest { Key = Bytes(key) }, (key, new RegisterInput.Delete()));

    private KeysRequest Get(string key) =>
        new(client, new GetRequest { Key = Bytes(key) }, (key, new RegisterInput.Get()));

    // Mostly of what the client has seen last, which others may have changed since.
    private KeysRequest CompareAndSet(string key)
    {
        var expected = _random.Percent(80) ? client.Known.GetValueOrDefault(key) : null;
        long? desired = _random.Percent(15) ? null : ++_values;
        return new KeysRequest(client,
            new CompareAndSetRequest { Key = Bytes(key), Expected = Maybe(expected), Desired = Maybe(desired) },
            (key, new RegisterInput.CompareAndSet(expected, desired)));
    }

    private KeysRequest PutIfAbsent(string key)
    {
        var number = ++_values;
        return new KeysRequest(client, new PutIfAbsentRequest { Key = Bytes(key), Value = Value(number) },
            (key, new RegisterInput.CompareAndSet(null, number)));
    }

    private KeysRequest BatchPut(string[] keys)
    {
        var (number, request) = (++_values, new BatchPutRequest());
        request.Pairs.AddRange(keys.Select(key => new Pair { Key = Bytes(key), Value = Value(number) }));
        return new KeysRequest(client, request,
            [.. keys.Select(key => (key, (RegisterInput)new RegisterInput.Put(number)))]);
    }

    private KeysRequest BatchDelete(string[] keys)
    {
        var request = new BatchDeleteRequest();
        request.Keys.AddRange(keys.Select(Bytes));
        return new KeysRequest(client, request,
            [.. keys.Select(key => (key, (RegisterInput)new RegisterInput.Delete()))]);
    }

    private KeysRequest BatchGet(string[] pair, string single)
    {
        string[] keys = AreTogether(pair[0], single) || _random.Percent(20) ? [.. pair, single] : pair;
        var request = new BatchGetRequest();
        request.Keys.AddRange(keys.Select(Bytes));
        return new KeysRequest(client, request,
            [.. keys.Select(key => (key, (RegisterInput)new RegisterInput.Get()))]);
    }

    private ScanCall Scan()
    {
        var span = _random.Next(4) switch
        {
            0 => new KeySpan(Pair()[0], "t~"),
            1 => new KeySpan("k", Single()),
            2 => new KeySpan("k", "k~"),
            _ => new KeySpan("a", "z"),
        };
        return new ScanCall(client, new ScanRequest
        {
            StartKey = Bytes(span.From),
            EndKey = Bytes(span.Below),
            Limit = _random.Pick(1U, 3U, 100U),
            Reverse = _random.Percent(50),
        }, span);
    }

    // The key, or the pair, and what replaces it later.
    private RangeDeletion DeleteRange()
    {
        var from = _random.Percent(60) ? Single() : Pair()[0];
        var span = new KeySpan(from, from[..from.IndexOf('.', StringComparison.Ordinal)] + '/');
        return new RangeDeletion(
            client, new DeleteRangeRequest { StartKey = Bytes(span.From), EndKey = Bytes(span.Below) }, span);
    }

    private bool AreTogether(string one, string other) => RegionOf(one) == RegionOf(other);

    private RegionId RegionOf(string key) => client.World.Cluster.Map.Find(Bytes(key).Memory)!.Region.Id;

    private string Single() => Fresh($"k{_random.Next(client.World.Cluster.Plan.Keys)}.", "");

    private string[] Pair()
    {
        var first = Fresh($"t{_random.Next(client.World.Cluster.Plan.Keys)}.", "a");
        return [first, TwinOf(first)!];
    }

    // A key that has been used enough is replaced by a new one.
    private string Fresh(string begin, string end)
    {
        for (var generation = 0; ; generation++)
        {
            var key = $"{begin}{generation:000}{end}";
            if (!client.World.Cluster.History.IsWorn(key)) return key;
        }
    }

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    // The same bytes for the same number: they are compared.
    private static ByteString Value(long number) =>
        ByteString.CopyFrom(ValueText.Encode(number, (number % 4) switch { 0 => 50, 1 => 500, _ => 0 }));

    private static MaybeValue Maybe(long? number) =>
        number is { } known ? new MaybeValue { Found = true, Value = Value(known) } : new MaybeValue();
}
