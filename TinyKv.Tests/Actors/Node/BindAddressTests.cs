using System.Net;
using System.Net.Sockets;
using TinyKv.Actors.Node;
using TinyKv.Core;

namespace TinyKv.Tests.Actors.Node;

public sealed class BindAddressTests
{
    [SkippableTheory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public void An_address_of_this_machine_is_taken_as_it_is(string host)
    {
        var address = IPAddress.Parse(host);
        if (address.AddressFamily == AddressFamily.InterNetworkV6) Ipv6.Require();

        Assert.Equal(address, BindAddress.Resolve(host));
    }

    [Theory]
    [InlineData("192.0.2.1", "tinykv.store.bind-host is '192.0.2.1', which is no address of this machine; set it to")]
    [InlineData("2001:db8::1", "tinykv.store.bind-host is '2001:db8::1', which is no address of this machine; set it to")]
    [InlineData("no-such-host.invalid", "tinykv.store.bind-host is 'no-such-host.invalid', a name without an address; set")]
    public void Another_is_refused_with_what_would_be_right(string host, string expected) =>
        Assert.StartsWith(expected, Assert.Throws<SettingException>(() => BindAddress.Resolve(host)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Of_several_addresses_of_a_name_the_first_that_is_here_is_taken()
    {
        IPAddress[] addresses = [.. new[] { "192.0.2.1", "10.0.0.1", "10.0.0.2" }.Select(IPAddress.Parse)];

        Assert.Equal(addresses[1], BindAddress.Choose("name", addresses, address => !address.Equals(addresses[0])));
        Assert.StartsWith("tinykv.store.bind-host is 'name', 192.0.2.1 or 10.0.0.1 or 10.0.0.2, which is no address of this",
            Assert.Throws<SettingException>(() => BindAddress.Choose("name", addresses, _ => false)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketError.AddressNotAvailable, false)]
    [InlineData(SocketError.AddressFamilyNotSupported, false)]
    [InlineData(SocketError.InvalidArgument, false)]
    [InlineData(SocketError.TooManyOpenSockets, true)]
    [InlineData(SocketError.AccessDenied, true)]
    public void Only_the_lack_of_an_address_says_that_it_is_not_here(SocketError error, bool isHere) =>
        Assert.Equal(isHere, BindAddress.IsHere(IPAddress.Loopback, _ => throw new SocketException((int)error)));
}
