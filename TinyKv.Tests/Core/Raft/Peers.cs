using System.Collections.Immutable;
using System.Text;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Core.Raft;

/// <summary>Members, entries and positions as tests write them.</summary>
internal static class Peers
{
    public static PeerId N1 { get; } = new(1);

    public static PeerId N2 { get; } = new(2);

    public static PeerId N3 { get; } = new(3);

    public static IEnumerable<PeerId> Of(int count) =>
        Enumerable.Range(1, count).Select(i => new PeerId((ulong)i));

    /// <summary>These voters, each on the store with its number.</summary>
    public static Configuration Voters(params IEnumerable<PeerId> voters) =>
        new(voters.Select(voter => new Peer(voter, new StoreId(voter.Value))));

    public static LogPosition At(long index, long term) => new(index, term);

    public static ReadOnlyMemory<byte> Data(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Consecutive entries from <paramref name="first"/> on, one per term, one byte each.</summary>
    public static ImmutableArray<Entry> Entries(long first, params long[] terms) =>
        [.. terms.Select((term, i) => new Entry(At(first + i, term), EntryKind.Command, Data("x")))];
}
