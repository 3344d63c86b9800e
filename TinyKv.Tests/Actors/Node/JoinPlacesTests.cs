using TinyKv.Actors.Node;
using TinyKv.Core.Placement;

namespace TinyKv.Tests.Actors.Node;

public sealed class JoinPlacesTests
{
    [Fact]
    public void The_usual_ports_come_first_and_then_those_above_as_far_as_nobody_listens_there()
    {
        var places = JoinPlaces.Of(new StoreAddresses("h", 0, 0, 0, 0), port => port is not (20160 or 4074)).Take(2);

        Assert.Equal([new("h", 20162, 20182, 4055, 4075), new("h", 20163, 20183, 4056, 4076)], places);
    }

    [Fact]
    public void What_is_configured_is_taken_whoever_listens_there()
    {
        var wanted = new StoreAddresses("h", 1, 2, 3, 4);

        Assert.Equal([wanted], JoinPlaces.Of(wanted, _ => false));
    }

    [Fact]
    public void Only_what_is_open_is_chosen_and_never_the_same_port_twice()
    {
        var places = JoinPlaces.Of(new StoreAddresses("h", 20160, 0, 0, 4054), _ => true).Take(2);

        Assert.Equal([new("h", 20160, 20180, 4053, 4054), new("h", 20160, 20182, 4055, 4054)], places);
    }

    [Fact]
    public void There_may_be_none() => Assert.Empty(JoinPlaces.Of(new StoreAddresses("h", 0, 0, 0, 0), _ => false));
}
