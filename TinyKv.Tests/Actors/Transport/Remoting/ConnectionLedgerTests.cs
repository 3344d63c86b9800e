using System.Net;
using TinyKv.Actors.Transport.Remoting;

namespace TinyKv.Tests.Actors.Transport.Remoting;

public sealed class ConnectionLedgerTests
{
    private static readonly IPAddress Here = IPAddress.Loopback;
    private static readonly IPAddress There = IPAddress.Parse("10.0.0.1");

    private readonly ConnectionLedger _ledger = new(new ConnectionBounds(4, 3, 4, 3));
    private readonly List<string> _closed = [];

    [Fact]
    public void Whoever_comes_takes_the_place_of_the_oldest_silent_one_of_the_same_address()
    {
        Enter(There, "old");
        foreach (var name in new[] { "1", "2", "3", "4", "5" }) Enter(Here, name);
        Assert.Equal(["1", "2"], _closed);
    }

    [Fact]
    public void When_all_are_too_many_the_oldest_of_all_goes()
    {
        Enter(There, "old");
        foreach (var name in new[] { "1", "2", "3" }) Enter(Here, name);
        Enter(There, "new");
        Assert.Equal(["old"], _closed);
        Assert.Equal(4, _ledger.Count);
    }

    [Fact]
    public void One_that_has_spoken_keeps_its_place()
    {
        Assert.True(Enter(Here, "spoken").Establish());
        foreach (var name in new[] { "1", "2", "3", "4" }) Enter(Here, name);
        Assert.Equal(["1"], _closed);
    }

    [Fact]
    public void One_that_says_nothing_again_goes_after_those_that_have_been_silent_for_longer()
    {
        var spoken = Enter(Here, "spoken");
        Assert.True(spoken.Establish());
        foreach (var name in new[] { "1", "2", "3" }) Enter(Here, name);
        spoken.Rest();
        Assert.Equal(["1"], _closed);
        foreach (var name in new[] { "4", "5", "6" }) Enter(Here, name);
        Assert.Equal(["1", "2", "3", "spoken"], _closed);
        spoken.Rest();
        Assert.Equal(3, _ledger.Count);
    }

    [Fact]
    public void Where_one_address_may_hold_all_connections_it_may_hold_all_silent_ones() =>
        Assert.Equal(new ConnectionBounds(1024, 1024, 4096, 4096), ConnectionBounds.Of(4096, 4096));

    [Fact]
    public void No_more_of_one_address_and_of_all_are_established_than_there_may_be()
    {
        var here = Enumerable.Range(0, 4).Select(i => (Place: Enter(Here, $"{i}"), i)).ToList();
        Assert.Equal([false, true, true, true], here.Select(each => each.Place.Establish()));
        Assert.True(Enter(There, "first").Establish());
        Assert.False(Enter(There, "second").Establish());
        here[1].Place.Dispose();
        Assert.True(Enter(There, "third").Establish());
    }

    [Fact]
    public void One_that_was_closed_is_not_counted_twice()
    {
        var first = Enter(Here, "1");
        foreach (var name in new[] { "2", "3", "4" }) Enter(Here, name);
        Assert.False(first.Establish());
        first.Dispose();
        first.Dispose();
        Assert.Equal(3, _ledger.Count);
    }

    [Fact]
    public void A_network_of_IPv6_counts_as_one_address_and_mapped_IPv4_as_itself()
    {
        for (var i = 0; i < 4; i++) Enter(IPAddress.Parse($"2001:db8::{i}"), $"{i}");
        Assert.Equal(["0"], _closed);
        foreach (var name in new[] { "a", "b", "c" }) Enter(Here.MapToIPv6(), name);
        Enter(Here, "d");
        Assert.Contains("a", _closed);
    }

    private ConnectionLedger.Place Enter(IPAddress address, string name) =>
        _ledger.Enter(address, () => _closed.Add(name));
}
