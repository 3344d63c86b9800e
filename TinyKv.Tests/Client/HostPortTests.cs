using TinyKv.Core;

namespace TinyKv.Tests.Client;

public sealed class HostPortTests
{
    [Theory]
    [InlineData("127.0.0.1:80", "127.0.0.1", 80)]
    [InlineData("Store-1.Example:20160", "Store-1.Example", 20160)]
    [InlineData("tinykv_1:1", "tinykv_1", 1)]
    [InlineData("[::1]:65535", "::1", 65535)]
    public void An_address_is_a_host_and_a_port_and_is_written_as_it_was_read(string text, string host, int port)
    {
        Assert.True(HostPort.TryParse(text, out var address));
        Assert.Equal(new HostPort(host, port), address);
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("[0:0:0:0:0:0:0:1]:5", "[::1]:5")]
    [InlineData("[2001:DB8:0::A]:5", "[2001:db8::a]:5")]
    public void One_ipv6_address_has_one_text(string text, string written)
    {
        Assert.True(HostPort.TryParse(text, out var address));
        Assert.Equal(written, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("localhost:")]
    [InlineData(":20160")]
    [InlineData("localhost:0")]
    [InlineData("localhost:65536")]
    [InlineData("localhost:+1")]
    [InlineData("localhost: 1")]
    [InlineData("::1:20160")]
    [InlineData("[::1]")]
    [InlineData("[localhost]:1")]
    [InlineData("[[::1]]:1")]
    [InlineData("http://localhost:1")]
    [InlineData("localhost:1/path")]
    [InlineData("user@localhost:1")]
    [InlineData("two words:1")]
    public void What_is_no_address_is_not_taken_for_one(string text) =>
        Assert.False(HostPort.TryParse(text, out _));
}
