using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Core.Placement;

public sealed class ReportedRegionTests
{
    // A new leader may not have applied yet what the former has.
    [Theory]
    [InlineData(2, 2, 5, 2, 1, 6, true)]
    [InlineData(2, 1, 6, 2, 2, 5, false)]
    [InlineData(1, 3, 6, 2, 2, 5, false)]
    [InlineData(2, 2, 6, 2, 2, 5, true)]
    [InlineData(2, 2, 4, 2, 2, 5, false)]
    [InlineData(2, 2, 5, 2, 2, 5, true)]
    public void What_was_decided_later_counts_and_then_who_leads_later(
        ulong version, ulong confVer, long term, ulong otherVersion, ulong otherConfVer, long otherTerm, bool expected) =>
        Assert.Equal(expected, Of(version, confVer, term).IsNewerThan(Of(otherVersion, otherConfVer, otherTerm)));

    private static ReportedRegion Of(ulong version, ulong confVer, long term) => new(
        new Region(RegionId.First, KeyRange.All, new RegionEpoch(confVer, version), []), new StoreId(1), term);
}
