using System.Collections.Immutable;
using Akka.Actor;
using Google.Protobuf;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Requests;
using TinyKv.Actors.Transport;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Raft;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Stores;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Simulation.Common;
using Wire = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// Says to the other stores whatever can be written down, from the address of one of them: in the place of that store,
/// or beside it. What it says to replicas is a <see cref="Liar"/>'s.
/// </summary>
internal sealed class HostileStore
{
    private static readonly string[] Names =
        [RaftTransport.Name, Handshake.Name, GatewayActor.Name, PlacementService.Name];

    private readonly World _world;
    private readonly Machine _self;
    private readonly bool _onlyDisturbs;
    private readonly bool _isAlone;
    private readonly Random _random;
    private readonly MessageDraw _draw;
    private readonly Dictionary<RegionId, Liar> _liars;
    private readonly StoreRecord _record;
    private readonly Dictionary<Machine, ulong> _started = []; // the start that each was told of
    private ImmutableArray<ulong> _starts;

    /// <param name="world">Where it is.</param>
    /// <param name="self">In whose name it speaks.</param>
    /// <param name="onlyDisturbs">Whether it claims no leadership, no acknowledgement, no vote, and no start.</param>
    public HostileStore(World world, Machine self, bool onlyDisturbs)
    {
        (_world, _self, _onlyDisturbs, _isAlone) = (world, self, onlyDisturbs, self.Process is null);
        (_random, _record) = (world.NewRandom(), self.Own.Record!);
        (_draw, _starts) = (new MessageDraw(_random), [.. _record.Earlier, _record.Incarnation]);
        _liars = world.Cluster.Regions.ToDictionary(region => region.Id, region => new Liar(
            region.PeerOn(self.Store)!.Value.Id, [.. region.Peers.Select(peer => peer.Id)], _random, onlyDisturbs,
            region.Id == RegionId.Placement ? PlacementCommand : WriteCommand));
    }

    /// <summary>Says something to somebody.</summary>
    public void Speak()
    {
        var others = _world.Cluster.Machines.Where(machine => machine != _self && machine.Process is not null).ToList();
        if (others.Count == 0) return;
        var to = others[_random.Next(others.Count)];
        switch (_random.Next(20))
        {
            case < 13: SayToReplicas(to, Batch(to)); break;
            case < 15: Say(to, Handshake.Name, Hello(to)); break;
            case 15: Say(to, Handshake.Name, HelloReply(to)); break;
            case < 18: Say(to, GatewayActor.Name, _random.Percent(60) ? Request() : Requests()); break;
            case 18: Say(to, PlacementService.Name, PlacementRequest()); break;
            default: Say(to, Names[_random.Next(Names.Length)], Anything()); break;
        }
    }

    /// <summary>Somebody has told the store something, in whose name this one speaks.</summary>
    public void Hear(Process from, object message, IActorRef sender)
    {
        if (message is Wire.StoreHelloReply reply)
        {
            _world.Marks.HitIf(reply.Refusal != 0, NodeMark.ForgedHelloRefused);
            _world.Marks.HitIf(reply.Refusal == 0 && _started.ContainsValue(reply.HelloIncarnation),
                NodeMark.ForgedStartAccepted);
            return;
        }
        // Whoever believes that it leads asks it.
        if (_onlyDisturbs || !_isAlone || _random.Percent(30) || Answer(message) is not { } answer) return;
        _world.Marks.Hit(NodeMark.ForgedAnswer);
        var asker = new Recipient(from.Machine, sender.Path.Name, from, sender);
        _world.After(TimeSpan.FromMilliseconds(1), () => Say(asker, GatewayActor.Name, answer));
    }

    private void Say(Machine to, string actor, IMessage message) => Say(new Recipient(to, actor), actor, message);

    private void Say(Recipient to, string from, IMessage message)
    {
        Note(to, message);
        // Without its start a deletion would take the keys of the clients, too.
        Func<byte[], byte[]> sent = message is DeleteRangeRequest ? bytes => bytes : Damage;
        if (!_world.Cluster.Network.Forge(to, new Recipient(_self, from), message, sent))
            _world.Marks.Hit(NodeMark.LieUnreadable);
    }

    private void SayToReplicas(Machine to, Wire.RaftBatch batch)
    {
        Note(new Recipient(to, RaftTransport.Name), batch);
        _world.Cluster.Network.ForgeBatch(to, _self, Damage(batch.ToByteArray()));
    }

    private void Note(Recipient to, IMessage message)
    {
        _world.Trace.Add($"{_world.Clock} {to.Machine.Name}/{to.Name} is told by a liar {Show(message)}");
        _world.Marks.Hit(NodeMark.LieTold);
    }

    // Cut or replaced: what is changed at random might say something that is claimed not to be said.
    private byte[] Damage(byte[] bytes)
    {
        if (!_random.Percent(3)) return bytes;
        if (_random.Percent(50)) return bytes[..(bytes.Length * _random.Next(10) / 10)];
        var noise = new byte[_random.Next(40)];
        _random.NextBytes(noise);
        return noise;
    }

    private Wire.RaftBatch Batch(Machine to)
    {
        var batch = new Wire.RaftBatch
        {
            ClusterId = NodeCluster.ClusterId,
            FromStore = _self.Store.Value,
            ToStore = to.Store.Value,
            Incarnation = StartFor(to),
            Number = (ulong)_random.Next(1000),
            HeardIncarnation = to.Disk.Record!.Incarnation,
            HeardNumber = (ulong)_random.Next(1000),
        };
        for (var count = _random.Next(1, 4); count > 0; count--)
        {
            var region = SomeRegion();
            if (ListenerOn(to, region) is not { } listener) continue;
            var named = _random.Percent(97) ? region : new RegionId((ulong)_random.NextInt64());
            batch.Messages.Add(RaftWire.ToWire(named, _liars[region].Lie(listener)));
        }
        return _random.Percent(95) ? batch : _draw.Redraw(batch);
    }

    private RegionId SomeRegion() => _world.Cluster.Regions[_random.Next(_world.Cluster.Regions.Length)].Id;

    private Listener? ListenerOn(Machine machine, RegionId region)
    {
        if (machine.Disk.LogOf(region) is not { Term: > 0 } log) return null;
        var term = machine.Process!.Actors.Table.Find(region)?.Peer?.Change.Term ?? log.Term;
        return new Listener(_world.Cluster.PeerOn(machine, region).Id, term, log.Last, machine.Disk.Engine.Applied(region));
    }

    private Wire.StoreHello Hello(Machine to)
    {
        // One that has the store's place may say what the store will not: that it was started again.
        var isStart = _isAlone && !_onlyDisturbs && _random.Percent(10);
        var earlier = isStart ? _starts : _record.Earlier;
        if (isStart)
        {
            _started[to] = (ulong)_random.NextInt64(1, long.MaxValue);
            _starts = _starts.Add(_started[to]);
        }
        var hello = HelloWire.ToWire(new StoreHello
        {
            Cluster = NodeCluster.ClusterId,
            From = _self.Store,
            To = to.Store,
            Directory = _record.Directory,
            Starts = _record.Starts,
            Incarnation = StartFor(to),
            Earlier = earlier,
            Initial = _record.Initial,
            Replicas = _record.Replicas,
            Formed = true,
            Accepts = to.Disk.Record!.Incarnation,
        });
        return isStart ? hello : _draw.Redraw(hello);
    }

    private Wire.StoreHelloReply HelloReply(Machine to) => _draw.Redraw(new Wire.StoreHelloReply
    {
        ClusterId = NodeCluster.ClusterId,
        FromStore = _self.Store.Value,
        ToStore = to.Store.Value,
        Incarnation = StartFor(to),
        HelloIncarnation = to.Disk.Record!.Incarnation,
        HelloDirectory = to.Disk.Record!.Directory.Value,
        Refusal = (uint)_random.Next(7),
        Reason = "it does not please",
    });

    private ulong StartFor(Machine to) => _started.GetValueOrDefault(to, _record.Incarnation);

    private RequestEnvelope Requests()
    {
        var envelope = new RequestEnvelope();
        for (var count = _random.Next(6); count > 0; count--)
        {
            var number = (ulong)_random.Next(3);
            var request = _random.Next(10) switch
            {
                0 => new NumberedRequest { Number = number },
                1 => new NumberedRequest { Number = number, Cancel = new Cancel() },
                _ => NumberedRequest.Of(number, Request()),
            };
            envelope.Requests.Add(_random.Percent(50) ? request : _draw.Redraw(request));
        }
        return envelope;
    }

    private IRoutedRequest Request()
    {
        var request = _draw.Fill<IRoutedRequest>(_random.Next(10) switch
        {
            0 => new GetRequest(),
            1 => new PutRequest(),
            2 => new DeleteRequest(),
            3 => new BatchGetRequest(),
            4 => new BatchPutRequest(),
            5 => new BatchDeleteRequest(),
            6 => new DeleteRangeRequest(),
            7 => new CompareAndSetRequest(),
            8 => new PutIfAbsentRequest(),
            _ => new ScanRequest(),
        });
        // From anywhere below it would take the keys of the clients.
        if (request is DeleteRangeRequest range) range.StartKey = ByteString.CopyFromUtf8("~");
        return request;
    }

    private IMessage PlacementRequest() => _random.Percent(50) ? new Wire.PlacementAllocateId()
        : new Wire.PlacementAllocateTimestamps
        {
            Count = _random.Pick(0U, 1U, 100U, (uint)TimestampOracle.LogicalEnd - 1, (uint)TimestampOracle.LogicalEnd,
                uint.MaxValue),
        };

    private IMessage Anything() => _random.Next(4) switch
    {
        0 => _draw.Fill(new Wire.StoreHello()),
        1 => _draw.Fill(new Wire.StoreHelloReply()),
        2 => PlacementRequest(),
        _ => Reply(),
    };

    private IMessage? Answer(object message) => message switch
    {
        IRawRequest request => _random.Percent(80) ? _draw.Fill(request.NewReply()) : Reply(),
        RequestEnvelope envelope => _random.Percent(80) ? Replies(envelope) : Reply(),
        Wire.PlacementAllocateId or Wire.PlacementAllocateTimestamps =>
            _random.Percent(80) ? _draw.Fill(new Wire.PlacementReply()) : Reply(),
        _ => null,
    };

    // Not to all, to some twice, and to what nobody has asked.
    private ReplyEnvelope Replies(RequestEnvelope envelope)
    {
        var replies = new ReplyEnvelope();
        foreach (var request in envelope.Requests)
        {
            if (request.Inner is { } inner && _random.Percent(80))
                replies.Replies.Add(NumberedReply.Of(request.Number, _draw.Fill(inner.NewReply())));
            if (_random.Percent(20)) replies.Replies.Add(_draw.Fill(new NumberedReply { Number = request.Number }));
        }
        return replies;
    }

    private IMessage Reply() => _draw.Fill<IMessage>(_random.Next(7) switch
    {
        0 => new GetResponse(),
        1 => new WriteResponse(),
        2 => new BatchGetResponse(),
        3 => new CompareAndSetResponse(),
        4 => new ScanResponse(),
        5 => new ReplyEnvelope(),
        _ => new Wire.PlacementReply(),
    });

    private byte[] PlacementCommand() => _random.Next(6) switch
    {
        0 => Noise(),
        1 => CommandCodec.Encode(new AllocateIds((uint)_random.Next())),
        2 => CommandCodec.Encode(new ReserveTimestamps(TimestampOracle.EndOfTimeMs + _random.Next(-2, 2))),
        // One that another group would take.
        3 => CommandCodec.Encode(new WriteCommand(RegionEpoch.Initial.Version, [Write()])),
        _ => CommandCodec.Encode(new AllocateIds(1)),
    };

    private byte[] WriteCommand() => _random.Next(8) switch
    {
        0 => Noise(),
        1 => CommandCodec.Encode(new WriteCommand((ulong)_random.NextInt64(), [Write()])),
        2 => CommandCodec.Encode(new WriteCommand(RegionEpoch.Initial.Version, [Write()],
            new Condition(ColumnFamily.Default, _draw.Key(), _random.Percent(50) ? null : _draw.Key()))),
        3 => CommandCodec.Encode(new AllocateIds(1)),
        4 => CommandCodec.Encode(new WriteGroup([OneWrite(), OneWrite()])),
        5 => CommandCodec.Encode(new WriteGroup(
            [OneWrite() with { Condition = new Condition(ColumnFamily.Default, _draw.Key(), null) }])),
        _ => CommandCodec.Encode(new WriteCommand(RegionEpoch.Initial.Version, [Write(), Write()])),
    };

    private WriteCommand OneWrite() => new(RegionEpoch.Initial.Version, [Write()]);

    private Modify Write() => _random.Next(3) switch
    {
        0 => new Modify.Put(ColumnFamily.Default, _draw.Key(), _draw.Key()),
        1 => new Modify.Delete(ColumnFamily.Default, _draw.Key()),
        _ => new Modify.DeleteRange(ColumnFamily.Default, new KeyRange(_draw.Key(), _draw.Key())),
    };

    private byte[] Noise()
    {
        var noise = new byte[_random.Next(12)];
        _random.NextBytes(noise);
        return noise;
    }

    private static string Show(IMessage message)
    {
        var text = $"{message.Descriptor.Name} {message}";
        return text.Length <= 500 ? text : text[..500];
    }
}
