using TinyKv.Actors.Requests;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Requests;

public sealed class InFlightTests
{
    [Fact]
    public void There_is_room_for_so_many_requests_and_again_when_one_has_left()
    {
        var inFlight = new InFlight(2, 1000);
        Assert.True(inFlight.TryEnter(1));
        Assert.True(inFlight.TryEnter(1));
        Assert.False(inFlight.TryEnter(1));

        inFlight.Leave(1);

        Assert.True(inFlight.TryEnter(1));
    }

    [Fact]
    public void There_is_room_for_so_many_bytes_and_for_one_request_of_any_size()
    {
        var inFlight = new InFlight(10, 1000);
        Assert.True(inFlight.TryEnter(2000));
        Assert.False(inFlight.TryEnter(1));
        inFlight.Leave(2000);
        Assert.True(inFlight.TryEnter(600));
        Assert.False(inFlight.TryEnter(401));
        Assert.True(inFlight.TryEnter(400));
    }

    [Fact]
    public void Who_finds_no_room_is_told_when_to_come_again()
    {
        var busy = Assert.IsType<RegionError.ServerIsBusy>(new InFlight(1, 1).Refusal());
        Assert.True(busy.BackoffMs > 0);
    }
}
