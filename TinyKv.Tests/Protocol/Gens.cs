using System.Collections.Immutable;
using CsCheck;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;

namespace TinyKv.Tests.Protocol;

/// <summary>Random values of everything that is written or sent.</summary>
internal static class Gens
{
    private static readonly Gen<long> Number = Gen.Long[0, RaftLimits.MaxNumber - 100];

    public static readonly Gen<byte[]> Bytes = Gen.Byte.Array[0, 40];

    private static readonly Gen<PeerId> PeerIds = Gen.ULong[1, ulong.MaxValue].Select(id => new PeerId(id));

    private static readonly Gen<LogPosition> Position =
        Number.Select(Number, (index, term) => new LogPosition(index, term));

    private static readonly Gen<(long TermStep, bool NoOp, byte[] Data)[]> Tail =
        Gen.Select(Gen.Long[0, 3], Gen.Bool, Bytes).Array[0, 8];

    /// <summary>Entries that may follow a position.</summary>
    private static ImmutableArray<Entry> After(
        LogPosition last, (long TermStep, bool NoOp, byte[] Data)[] tail)
    {
        var entries = ImmutableArray.CreateBuilder<Entry>();
        foreach (var (step, noOp, data) in tail)
        {
            last = new LogPosition(last.Index + 1, last.Term + step);
            entries.Add(new Entry(last, noOp ? EntryKind.NoOp : EntryKind.Command, data));
        }
        return entries.ToImmutable();
    }

    public static readonly Gen<RaftRecord> Record = Gen.Select(Number, Gen.ULong, Position, Tail,
        (term, vote, last, tail) => new RaftRecord(term, new PeerId(vote), After(last, tail)));

    public static readonly Gen<Configuration> Members = Gen.Select(Gen.ULong[1, 1_000].Array[1, 5], Gen.Int[0, 4],
        (ids, voters) => new Configuration([.. ids.Distinct().Select((id, i) => new Peer(
            new PeerId(id), new StoreId(id + 7), i <= voters ? MemberRole.Voter : MemberRole.Learner))]));

    public static readonly Gen<InitialState> Initial =
        Gen.Select(Members, Position, (members, last) => new InitialState(members, last));

    public static readonly Gen<RaftCheckpoint> Checkpoint = Gen.Select(Initial, Number, Gen.ULong, Tail,
        (initial, term, vote, tail) => new RaftCheckpoint(
            initial, new RaftRecord(term, new PeerId(vote), After(initial.Truncated, tail))));

    private static readonly Gen<RaftMessage> Message = Gen.OneOf<RaftMessage>(
        Position.Select(Number, (last, round) => (RaftMessage)new RaftMessage.PreVote(last, round)),
        Gen.Bool.Select(Number, (granted, r) => (RaftMessage)new RaftMessage.PreVoteReply(granted, r)),
        Position.Select(Gen.Bool, (last, transfer) => (RaftMessage)new RaftMessage.RequestVote(last, transfer)),
        Position.Select(last => (RaftMessage)new RaftMessage.TimeoutNow(last)),
        Position.Select(at => (RaftMessage)new RaftMessage.SnapshotOffer(at)),
        Gen.Const((RaftMessage)new RaftMessage.Inquiry()),
        Gen.ULong.Select(version => (RaftMessage)new RaftMessage.Removed(version)),
        Gen.Bool.Select(granted => (RaftMessage)new RaftMessage.Vote(granted)),
        Gen.Select(Position, Tail, Number, Number,
            (last, tail, commit, compactIndex) =>
                (RaftMessage)new RaftMessage.Append(last, After(last, tail), commit, compactIndex)),
        Number.Select(match => (RaftMessage)new RaftMessage.Appended(match)),
        Number.Select(Position, (previous, hint) => (RaftMessage)new RaftMessage.Rejected(previous, hint)),
        Gen.Select(Number, Number, Position, Number, (commit, round, acknowledged, compactIndex) =>
            (RaftMessage)new RaftMessage.Heartbeat(commit, round, acknowledged, compactIndex)),
        Gen.Select(Number, Position, Position,
            (round, acknowledged, held) => (RaftMessage)new RaftMessage.HeartbeatReply(round, acknowledged, held)));

    public static readonly Gen<RaftEnvelope> Envelope = Gen.Select(PeerIds, PeerIds, Number, Message,
        (from, to, term, message) => new RaftEnvelope(from, to, term, message));

    private static readonly Gen<ulong> Id = Gen.ULong[1, ulong.MaxValue];

    public static readonly Gen<StoreHello> Hello = Gen.Select(
        Gen.Select(Id, Id, Id), Number, Gen.ULong.Array[0, 4], Gen.ULong[1, 1_000].Array[1, 4], Gen.Bool, Gen.String,
        (ids, starts, earlier, initial, formed, ending) => new StoreHello
        {
            Cluster = 1,
            From = new StoreId(ids.Item1),
            To = new StoreId(2),
            Directory = new DirectoryId(ids.Item2),
            Starts = starts,
            Incarnation = ids.Item3,
            Earlier = [.. earlier],
            Initial = [.. initial.Distinct().Order().Select(id => new StoreId(id))],
            Replicas = (int)(starts % 10),
            Formed = formed,
            Accepts = 0,
            Ending = ending,
        });

    public static readonly Gen<StoreHelloReply> HelloReply = Gen.Select(Id, Id, Id, Gen.Int[0, 5], Gen.String,
        (from, incarnation, directory, kind, reason) => new StoreHelloReply(
            new StoreId(from), incarnation, new DirectoryId(directory), 7,
            kind == 0 ? null : new StoreRefusal((RefusalKind)kind, reason)));

    private static readonly Gen<ColumnFamily> Family = Gen.Int[0, 2].Select(n => (ColumnFamily)n);

    public static readonly Gen<Modify> Modify = Gen.Select(Gen.Int[0, 2], Family, Bytes, Bytes,
        (kind, family, key, other) => kind switch
        {
            0 => new Modify.Put(family, key, other),
            1 => (Modify)new Modify.Delete(family, key),
            _ => new Modify.DeleteRange(family, new KeyRange(key, other)),
        });

    public static readonly Gen<Condition?> Condition = Gen.Select(Gen.Int[0, 2], Family, Bytes, Bytes,
        (kind, family, key, value) => kind switch
        {
            0 => null,
            1 => new Condition(family, key, null),
            _ => new Condition(family, key, value),
        });

    private static readonly Gen<string> Word = Gen.String[Gen.Char['a', 'z'], 1, 8];

    private static readonly Gen<StoreAddresses> Addresses = Gen.Select(Word, Gen.Int[1, 65535].Array[4],
        (host, ports) => new StoreAddresses(host, ports[0], ports[1], ports[2], ports[3]));

    private static readonly Gen<ImmutableSortedDictionary<string, string>> Labels = Gen.Select(Word, Word).Array[0, 3].Select(
        pairs => StoreInfo.NoLabels.SetItems(pairs.Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2))));

    private static readonly Gen<StoreInfo> Store = Gen.Select(
        Id, Id, Addresses, Labels, Gen.Enum<StoreState>(), Word, Number,
        (id, directory, addresses, labels, state, program, version) => new StoreInfo
        {
            Id = new StoreId(id),
            Directory = new DirectoryId(directory),
            Addresses = addresses,
            Labels = labels,
            State = state,
            ProgramVersion = program,
            Version = version,
        });

    /// <summary>A command about stores.</summary>
    public static readonly Gen<Command> StoreCommand = Gen.OneOf(
        Gen.Select(Id, Gen.UInt, Store.Array[1, 4], (cluster, replicas, stores) =>
            (Command)new BootstrapCluster(cluster, replicas, [.. stores.DistinctBy(store => store.Id)])),
        Gen.Select(Id, Id, Addresses, Word, (cluster, directory, addresses, program) =>
            (Command)new RegisterStore(cluster, new DirectoryId(directory), addresses, program)),
        Gen.Select(Id, Number, Labels, (store, version, labels) =>
            (Command)new UpdateStore(new StoreId(store), version, labels)),
        Gen.Select(Id, Gen.Enum<StoreState>(), (store, state) => (Command)new SetStoreState(new StoreId(store), state)),
        Gen.Select(Id, Gen.UInt, (cluster, replicas) => (Command)new SetClusterConfig(cluster, replicas)));

    /// <summary>Bytes that were right before a few of them were overwritten, cut off or added.</summary>
    public static Gen<byte[]> Damaged(Gen<byte[]> valid) => Gen.Select(
        valid, Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte).Array[0, 4], Gen.Double.Unit, Bytes,
        (bytes, edits, kept, appended) =>
        {
            bytes = (byte[])bytes.Clone();
            foreach (var (at, value) in edits)
                if (bytes.Length > 0) bytes[at % bytes.Length] = value;
            return kept < 0.5 ? [.. bytes, .. appended] : bytes[..(int)(bytes.Length * kept)];
        });
}
