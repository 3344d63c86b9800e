using System.Text;
using Akka.Actor;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Simulation.Common;
using TinyKv.Testing.Linearizability;
using Context = TinyKv.Protocol.Wire.Kv.Context;
using KeyOperation = TinyKv.Testing.Linearizability.Operation<
    TinyKv.Testing.Linearizability.RegisterInput, TinyKv.Testing.Linearizability.RegisterOutput>;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// A request of the raw API, on one of the ways on which requests come: for one replica, to the gateway of any store,
/// as a message to its actor, or with others over a stream.
/// </summary>
internal abstract class RawRequest(SimClient client, IRoutedRequest request) : SimRequest(client)
{
    private readonly Region _first = RegionOf(client.World.Cluster.Map, request);
    private NodeMark _way;
    private bool _namesReplica;
    private Context? _named; // by the last attempt

    /// <inheritdoc/>
    protected override RegionId Region => RegionNow.Id;

    /// <summary>Whether it is for keys of more than one region, which whoever names a replica must not ask for.</summary>
    protected virtual bool Spans(Region region) => false;

    /// <summary>The region of its first key, or in reverse of its last, when it was first asked for.</summary>
    protected Region FirstRegion => _first;

    private Region RegionNow => RegionOf(World.Cluster.Map, request);

    /// <inheritdoc/>
    protected override Machine Target()
    {
        _way = Client.Random.Pick(
            NodeMark.ServedByReplica, NodeMark.ServedByGateway, NodeMark.ServedByGateway, NodeMark.ServedByGatewayActor,
            NodeMark.ServedByStream, NodeMark.ServedByStream, NodeMark.ServedByStream);
        _namesReplica = _way == NodeMark.ServedByReplica || (_way == NodeMark.ServedByStream && Client.Random.Percent(60));
        return _namesReplica || Client.Random.Percent(30) ? base.Target() : Client.AnyMachine();
    }

    /// <inheritdoc/>
    protected override async Task<object?> Serve(Process process, CancellationToken cancellation)
    {
        var reply = await AskAsync(process, cancellation);
        if (reply.Error.Length > 0) return new InvalidOperationException(reply.Error);
        return reply.RegionError is { } error ? RegionErrors.FromWire(error) : reply;
    }

    /// <inheritdoc/>
    protected override bool? IsRefused(RegionError refusal)
    {
        switch (refusal)
        {
            case RegionError.KeyNotInRegion when IsForOther:
                World.Marks.Hit(NodeMark.OtherRegionRefused);
                return true;
            case RegionError.EpochNotMatch when IsForOther:
                World.Marks.Hit(NodeMark.OtherEpochRefused);
                return true;
            // The replica that was asked was removed.
            case RegionError.RegionNotFound when World.Cluster.Plan.MovesReplicas:
                World.Marks.Hit(NodeMark.RemovedReplicaAsked);
                return true;
            case RegionError.KeyNotInRegion when _namesReplica && Spans(RegionNow):
                World.Marks.Hit(NodeMark.SpanRefused);
                return false;
            // It was split meanwhile, or will be on a store that is behind.
            case RegionError.KeyNotInRegion or RegionError.EpochNotMatch or RegionError.RegionNotFound
                when World.Cluster.Plan.SplitsRegions:
                World.Marks.Hit(NodeMark.AskedAcrossSplit);
                return true;
            default:
                return null;
        }
    }

    /// <inheritdoc/>
    protected override void Got(object? answer)
    {
        if (IsForOther || (_namesReplica && Spans(_first)))
            World.Fail(Rule.RegionsAreKept, $"client {Client.Number} {this}: done for {_named}");
        World.Marks.Hit(_way);
        Got((IRawReply)answer!);
    }

    /// <summary>It was answered.</summary>
    protected abstract void Got(IRawReply reply);

    /// <summary>What clients saw of keys at one moment; a batch must be seen as a whole.</summary>
    protected void Saw(IReadOnlyDictionary<string, long?> values)
    {
        foreach (var (key, value) in values)
        {
            if (RequestDraw.TwinOf(key) is { } twin && values.TryGetValue(twin, out var other) && other != value)
                World.Fail(Rule.WholeBatches,
                    $"client {Client.Number} {this}: a batch in parts, {key} is {value} and {twin} is {other}");
        }
    }

    // Of another region, or of a version of it that there never was.
    private bool IsForOther => _named is { } named
        && !World.Cluster.Splits.Had(new RegionId(named.RegionId), named.RegionEpoch.Version, KeyWithin);

    // The bound of a reverse walk is not in its region.
    private ReadOnlyMemory<byte> KeyWithin =>
        request is ScanRequest { Reverse: true } ? RegionNow.Range.Start : request.RoutingKey.Memory;

    private async Task<IRawReply> AskAsync(Process process, CancellationToken cancellation)
    {
        var gateway = process.Actors.Gateway;
        _named = _namesReplica ? DrawContext(process) : null;
        var asked = _named is { } named ? request.For(named) : request;
        switch (_way)
        {
            case NodeMark.ServedByReplica: return await gateway.ExecuteAsync(asked, cancellation);
            case NodeMark.ServedByGateway: return await gateway.ExecuteAsync(request, cancellation);
            case NodeMark.ServedByStream: return await process.Stream.AskAsync(asked, cancellation);
            default:
                return (IRawReply)await process.Gateway.Ask<object>(request, Timeout.InfiniteTimeSpan, cancellation);
        }
    }

    // Mostly of the replica there; sometimes of another region's, or as it was at another time.
    private Context DrawContext(Process process)
    {
        var (region, regions) = (RegionNow, World.Cluster.Map.Entries.ToList());
        if (Client.Random.Percent(3)) region = regions[Client.Random.Next(regions.Count)].Region;
        var epoch = region.Epoch with { Version = region.Epoch.Version - (Client.Random.Percent(3) ? 1UL : 0) };
        return new Context
        {
            RegionId = region.Id.Value,
            RegionEpoch = RegionErrors.ToWire(epoch),
            Peer = RegionErrors.ToWire(World.Cluster.PeerOn(process.Machine, region.Id)),
        };
    }

    private static Region RegionOf(RegionMap<LocatedRegion> map, IRoutedRequest request) =>
        (request is ScanRequest { Reverse: true }
            ? map.FindBelow(request.RoutingKey.Memory) : map.Find(request.RoutingKey.Memory))!.Region;

    /// <summary>The number that a value stands for; null for none.</summary>
    protected static long? NumberOf(MaybeValue? value) =>
        value is { Found: true } found ? ValueText.Decode(found.Value.Span) : null;
}

/// <summary>A request for some keys by their names.</summary>
internal sealed class KeysRequest : RawRequest
{
    private readonly IReadOnlyList<(string Key, RegisterInput Input)> _calls;

    public KeysRequest(SimClient client, IRoutedRequest request, params IReadOnlyList<(string, RegisterInput)> calls)
        : base(client, request)
    {
        _calls = calls;
        foreach (var (key, _) in _calls) World.Cluster.History.Begin(key, World.Now);
    }

    /// <inheritdoc/>
    protected override bool Spans(Region region) =>
        _calls.Any(call => !region.Range.Contains(Encoding.UTF8.GetBytes(call.Key)));

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _calls.Select(call => $"{call.Key} {call.Input}"));

    /// <inheritdoc/>
    protected override void Got(IRawReply reply)
    {
        for (var i = 0; i < _calls.Count; i++)
        {
            var (key, input) = _calls[i];
            var output = OutputOf(reply, i);
            Client.Known[key] = Left(input, output);
            World.Cluster.History.Add(key, new KeyOperation(Client.Number, input, output, Called, World.Now));
        }
        World.Marks.Hit(MarkOf(reply));
        if (reply is BatchGetResponse)
            Saw(_calls.ToDictionary(call => call.Key, call => Client.Known[call.Key]));
    }

    /// <inheritdoc/>
    protected override void Unknown()
    {
        foreach (var (key, input) in _calls)
        {
            if (input is not RegisterInput.Get)
                World.Cluster.History.Add(key, new KeyOperation(Client.Number, input, null, Called, null));
        }
    }

    /// <inheritdoc/>
    protected override string Show(object? answer) => answer is IRawReply reply
        ? string.Join(", ", _calls.Select((_, index) => OutputOf(reply, index))) : base.Show(answer);

    private static RegisterOutput OutputOf(IRawReply reply, int index) => reply switch
    {
        GetResponse get => new RegisterOutput.Found(NumberOf(get.Value)),
        BatchGetResponse batch => new RegisterOutput.Found(NumberOf(batch.Values[index])),
        CompareAndSetResponse swap => new RegisterOutput.Swapped(swap.Succeeded, NumberOf(swap.Previous)),
        _ => new RegisterOutput.Done(),
    };

    private static long? Left(RegisterInput input, RegisterOutput output) => (input, output) switch
    {
        (RegisterInput.Put put, _) => put.Value,
        (RegisterInput.CompareAndSet swap, RegisterOutput.Swapped { Succeeded: true }) => swap.Desired,
        (_, RegisterOutput.Swapped swapped) => swapped.Previous,
        (_, RegisterOutput.Found found) => found.Value,
        _ => null,
    };

    private NodeMark MarkOf(IRawReply reply) => reply switch
    {
        GetResponse => NodeMark.ReadServed,
        BatchGetResponse => NodeMark.BatchRead,
        CompareAndSetResponse { Succeeded: true } => NodeMark.ConditionMet,
        CompareAndSetResponse => NodeMark.ConditionFailed,
        _ => _calls.Count > 1 ? NodeMark.BatchWritten : NodeMark.WriteServed,
    };
}

/// <summary>A scan.</summary>
internal sealed class ScanCall(SimClient client, ScanRequest request, KeySpan span) : RawRequest(client, request)
{
    /// <inheritdoc/>
    public override string ToString() => $"{(request.Reverse ? "reverse scan" : "scan")} {span} at most {request.Limit}";

    /// <inheritdoc/>
    protected override void Got(IRawReply reply)
    {
        var pairs = ((ScanResponse)reply).Pairs.Select(pair =>
            (Key: Encoding.UTF8.GetString(pair.Key.Span), Value: ValueText.Decode(pair.Value.Span))).ToList();
        var ascending = request.Reverse ? Enumerable.Reverse(pairs).ToList() : pairs;
        for (var i = 0; i < ascending.Count; i++)
        {
            var key = ascending[i].Key;
            if (!span.Contains(key) || !World.Cluster.History.Knows(key))
                World.Fail(Rule.OrderedScans, $"client {Client.Number} {this}: finds {key}");
            if (i > 0 && string.CompareOrdinal(ascending[i - 1].Key, key) >= 0)
                World.Fail(Rule.OrderedScans,
                    $"client {Client.Number} {this}: {ascending[i - 1].Key} and {key} in the wrong order");
        }
        World.Marks.Hit(request.Reverse ? NodeMark.ReverseScanServed : NodeMark.ScanServed);
        var seen = Seen(pairs, ((ScanResponse)reply).NextKey.ToStringUtf8());
        RequireTheWholeRegion(seen);
        var found = pairs.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        Saw(World.Cluster.History.In(seen).ToDictionary(
            key => key, key => found.TryGetValue(key, out var value) ? value : (long?)null, StringComparer.Ordinal));
        World.Cluster.History.Add(new RangeOperation(Client.Number, seen, found, Called, World.Now));
    }

    // Else whoever asks for page after page would never come to an end, or miss what is between two regions.
    private void RequireTheWholeRegion(KeySpan seen)
    {
        var (start, end) = (Text(FirstRegion.Range.Start), Text(FirstRegion.Range.End));
        var whole = request.Reverse ? seen.From == span.From || string.CompareOrdinal(seen.From, start) >= 0
            : seen.Below == span.Below || end.Length == 0 || string.CompareOrdinal(seen.Below, end) <= 0;
        if (!whole || string.CompareOrdinal(seen.From, seen.Below) > 0)
            World.Fail(Rule.RegionsAreKept, $"client {Client.Number} {this}: says of {FirstRegion.Range} what is in {seen}");
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    /// <inheritdoc/>
    protected override string Show(object? answer) => answer is ScanResponse reply
        ? string.Join(", ", reply.Pairs.Select(pair => $"{pair.Key.ToStringUtf8()} is {ValueText.Decode(pair.Value.Span)}"))
        : base.Show(answer);

    // What is beyond the end of the page, be it full or at the end of the region, it says nothing about.
    private KeySpan Seen(List<(string Key, long Value)> pairs, string next)
    {
        if (next.Length > 0)
        {
            World.Marks.Hit(NodeMark.ScanCutByRegion);
            return request.Reverse ? span with { From = next } : span with { Below = next };
        }
        if (pairs.Count < request.Limit) return span;
        World.Marks.Hit(NodeMark.ScanCut);
        var last = pairs[^1].Key;
        return request.Reverse ? span with { From = last } : span with { Below = last + '\0' };
    }
}

/// <summary>A deletion of a range.</summary>
internal sealed class RangeDeletion(SimClient client, DeleteRangeRequest request, KeySpan span)
    : RawRequest(client, request)
{
    /// <inheritdoc/>
    public override string ToString() => $"delete {span}";

    /// <inheritdoc/>
    protected override void Got(IRawReply reply)
    {
        World.Marks.Hit(NodeMark.RangeDeleted);
        World.Cluster.History.Add(new RangeOperation(Client.Number, span, null, Called, World.Now));
    }

    /// <inheritdoc/>
    protected override void Unknown()
    {
        World.Marks.Hit(NodeMark.RangeDeletionUnknown);
        World.Cluster.History.Add(new RangeOperation(Client.Number, span, null, Called, null));
    }
}
