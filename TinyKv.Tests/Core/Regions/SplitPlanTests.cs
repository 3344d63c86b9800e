using CsCheck;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Core.Regions;

public sealed class SplitPlanTests
{
    // Few enough keys to meet bounds often.
    private static readonly Gen<byte[]> Key = Gen.Byte[0, 3].Array[0, 2];

    private static readonly Gen<Region> Regions = Gen.Select(Key, Key, Gen.ULong[1, 3], Gen.ULong[1, 3], Gen.Int[1, 4])
        .Where((start, end, _, _, _) => !new KeyRange(start, end).IsEmpty)
        .Select((start, end, confVer, version, peers) => new Region(
            new RegionId(1), new KeyRange(start, end), new RegionEpoch(confVer, version),
            [.. Enumerable.Range(1, peers).Select(i => new Peer(
                new PeerId((ulong)i), new StoreId((ulong)i + 10), i == 4 ? MemberRole.Learner : MemberRole.Voter))]));

    private static readonly Gen<SplitRegion> Splits = Gen.Select(Gen.ULong[1, 3], Gen.ULong[1, 3], Key, Gen.Int[1, 4])
        .Select((confVer, version, key, peers) => new SplitRegion(
            new RegionEpoch(confVer, version), key, new RegionId(100),
            [.. Enumerable.Range(101, peers).Select(id => new PeerId((ulong)id))]));

    [Fact]
    public void A_region_is_split_exactly_if_it_is_as_it_was_and_both_halves_have_keys() =>
        Gen.Select(Regions, Splits).Sample((region, split) =>
        {
            var inside = region.Range.Contains(split.Key.Span) && !split.Key.Span.SequenceEqual(region.Range.Start.Span);
            var isAsItWas = split.Epoch == region.Epoch && split.NewPeers.Length == region.Peers.Length;

            var refusal = SplitPlan.Refusal(region, split);

            Assert.Equal(inside && isAsItWas, refusal is null);
            if (!isAsItWas) Assert.Same(region, Assert.IsType<RegionError.EpochNotMatch>(refusal).Current[0]);
            else if (!inside) Assert.IsType<RegionError.KeyNotInRegion>(refusal);
        }, iter: 20_000);

    [Fact]
    public void Every_key_of_a_region_is_afterwards_in_one_of_its_halves_which_are_as_new_and_on_the_same_stores() =>
        Gen.Select(Regions, Splits, Key).Sample((region, drawn, key) =>
        {
            var split = drawn with
            {
                Epoch = region.Epoch,
                NewPeers = [.. region.Peers.Select(peer => new PeerId(peer.Id.Value + 100))],
            };
            if (SplitPlan.Refusal(region, split) is not null) return;

            var (parent, child) = SplitPlan.Of(region, split);

            Assert.Equal(region.Range.Contains(key), parent.Range.Contains(key) || child.Range.Contains(key));
            Assert.False(parent.Range.Contains(key) && child.Range.Contains(key));
            Assert.False(parent.Range.IsEmpty || child.Range.IsEmpty);
            Assert.Equal((region.Id, split.NewRegion), (parent.Id, child.Id));
            Assert.Equal(parent.Epoch, child.Epoch);
            Assert.True(parent.Epoch.IsNewerThan(region.Epoch));
            Assert.Equal(region.Peers, parent.Peers);
            Assert.Equal(
                region.Peers.Select(peer => (peer.Id.Value + 100, peer.Store, peer.Role)),
                child.Peers.Select(peer => (peer.Id.Value, peer.Store, peer.Role)));
        }, iter: 20_000);
}
