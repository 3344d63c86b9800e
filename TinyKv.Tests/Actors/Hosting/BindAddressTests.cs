using System.Net;
using TinyKv.Actors.Hosting;
using TinyKv.Core;

namespace TinyKv.Tests.Actors.Hosting;

public sealed class BindAddressTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public void An_address_of_this_machine_is_taken_as_it_is(string host) =>
        Assert.Equal(IPAddress.Parse(host), BindAddress.Resolve(host));

    [Theory]
    [InlineData("192.0.2.1", "tinykv.store.bind-host is '192.0.2.1', which is no address of this machine; set it to")]
    [InlineData("2001:db8::1", "tinykv.store.bind-host is '2001:db8::1', which is no address of this machine; set it to")]
    [InlineData("no-such-host.invalid", "tinykv.store.bind-host is 'no-such-host.invalid', a name without an address; set")]
    public void Another_is_refused_with_what_would_be_right(string host, string expected) =>
        Assert.StartsWith(expected, Assert.Throws<SettingException>(() => BindAddress.Resolve(host)).Message,
            StringComparison.Ordinal);
}
