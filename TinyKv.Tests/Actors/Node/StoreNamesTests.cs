using System.Net;
using Akka.Configuration;
using TinyKv.Actors.Node;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core;

namespace TinyKv.Tests.Actors.Node;

public sealed class StoreNamesTests
{
    private static readonly Dictionary<string, string[]> Addresses = new()
    {
        ["four"] = ["10.0.0.1"],
        ["six"] = ["2001:db8::1"],
        ["both"] = ["10.0.0.2", "2001:db8::2"],
        ["away"] = [],
    };

    [Theory]
    [InlineData("four", "both", "0.0.0.0", false)]
    [InlineData("both", "both", "::", false)]
    [InlineData("six", "six", "::", true)]
    [InlineData("six", "both", "2001:db8::1", true)]
    [InlineData("both", "six", "::", true)]
    [InlineData("both", "both", "2001:db8::2", true)]
    [InlineData("away", "six", "127.0.0.1", true)]
    [InlineData("away", "away", "127.0.0.1", false)]
    [InlineData("10.0.0.5", "six", "0.0.0.0", true)]
    [InlineData("2001:db8::5", "four", "::", false)]
    [InlineData("six", "six", "0.0.0.0", true)]
    public void Names_are_looked_up_as_what_they_all_have(string self, string other, string bind, bool usesIpv6) =>
        Assert.Equal(new StoreNames(IPAddress.Parse(bind), usesIpv6), Lookup(self, other, bind));

    [Theory]
    [InlineData("four", "six", "::",
        "tinykv.cluster.stores does not suit remoting: the host six has only IPv6 addresses and four only IPv4 addresses")]
    [InlineData("both", "six", "0.0.0.0", "the host six has only IPv6 addresses and both only IPv4 addresses")]
    [InlineData("six", "six", "127.0.0.1",
        "tinykv.store.bind-host is 127.0.0.1, where nobody reaches store 1: its host, six, has only IPv6 addresses, "
        + "such as \"2001:db8::1\"; set it to one of them, or to \"::\"")]
    [InlineData("10.0.0.1", "both", "::1",
        "tinykv.store.bind-host is ::1, where nobody reaches store 1: its host, 10.0.0.1, has only IPv4 addresses, "
        + "such as 10.0.0.1; set it to one of them, or to 0.0.0.0")]
    public void Stores_that_would_not_find_each_other_are_refused(string self, string other, string bind, string expected) =>
        Assert.Contains(expected, Assert.Throws<SettingException>(() => Lookup(self, other, bind)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void An_ipv6_address_is_written_in_brackets_and_in_one_way()
    {
        var store = Settings("2001:DB8:0:0::1", "four", "::").Self;

        Assert.Equal(("[2001:db8::1]:1", "[2001:db8::1]:2", "[2001:db8::1]:3"), (store.Grpc, store.Status, store.Remoting));
    }

    private static StoreNames Lookup(string self, string other, string bind) => StoreNames.Lookup(
        Settings(self, other, bind), IPAddress.Parse(bind),
        Addresses.Where(name => name.Key == self || name.Key == other).ToDictionary(
            name => name.Key, name => Array.ConvertAll(name.Value, IPAddress.Parse)));

    private static TinyKvSettings Settings(string self, string other, string bind) => SettingsReader.Read(
        ConfigurationFactory.ParseString($$"""
            tinykv.cluster.name = "names"
            tinykv.cluster.stores = [
              { id = 1, host = "{{self}}", grpc-port = 1, status-port = 2, remoting-port = 3, raft-port = 103 }
              { id = 2, host = "{{other}}", grpc-port = 4, status-port = 5, remoting-port = 6, raft-port = 106 }
            ]
            tinykv.store { id = 1, data-directory = data, bind-host = "{{bind}}" }
            """).WithFallback(ReferenceConfig.OfStore));
}
