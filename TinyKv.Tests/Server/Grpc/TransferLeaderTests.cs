using Grpc.Core;
using TinyKv.Actors.Regions;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Tests.Server.Grpc;

/// <summary><c>tinykv.admin.v1.Admin/TransferLeader</c>.</summary>
public sealed class TransferLeaderTests : ServedTests
{
    private Admin.AdminClient Tools => new(Ports.Channel);

    [Theory]
    [InlineData(2, false)]
    [InlineData(1, true)]
    public async Task Who_leads_then_may_have_led_already(ulong store, bool ledAlready)
    {
        var reply = await Tools.TransferLeaderAsync(new TransferLeaderRequest { RegionId = 1, StoreId = store });

        Assert.Equal(ledAlready, reply.LedAlready);
    }

    [Theory]
    [InlineData(RegionRefusalKind.UnknownRegion, StatusCode.NotFound)]
    [InlineData(RegionRefusalKind.NoSuchPeer, StatusCode.NotFound)]
    [InlineData(RegionRefusalKind.NotPossible, StatusCode.FailedPrecondition)]
    [InlineData(RegionRefusalKind.GivenUp, StatusCode.Aborted)]
    [InlineData(RegionRefusalKind.Unavailable, StatusCode.Unavailable)]
    public async Task A_refusal_has_a_status_that_says_what_to_do(RegionRefusalKind kind, StatusCode expected)
    {
        Store.RegionRefusal = new RegionRefusedException(kind, "because");

        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await Tools.TransferLeaderAsync(new TransferLeaderRequest { RegionId = 1, StoreId = 2 }));

        Assert.Equal((expected, "because"), (refused.StatusCode, refused.Status.Detail));
    }
}
