using System.Text;
using TinyKv.Server.StatusPages;

namespace TinyKv.Tests.Server.StatusPages;

public sealed class StatusRequestsTests
{
    [Theory]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("HEAD /health/live HTTP/1.0\r\n\r\n")]
    [InlineData("GET /health/live?verbose HTTP/1.1\r\n\r\n")]
    [InlineData("GET /health/live HTTP/1.0\n\n")]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: a\n\r\n")]
    [InlineData("GET /health/live HTTP/1.1\nHost: a\r\n\n")]
    public void A_probe_is_known_from_its_last_byte_on(string request)
    {
        var bytes = Encoding.ASCII.GetBytes(request);

        for (var i = 0; i < bytes.Length; i++) Assert.Equal(StatusRequest.Unfinished, StatusRequests.Read(bytes.AsSpan(0, i)));
        Assert.Equal(StatusRequest.Liveness, StatusRequests.Read(bytes));
    }

    [Theory]
    [InlineData("GET /health/r")]
    [InlineData("GET /health/liver HTTP/1.1\r\n\r\n")]
    [InlineData("GET /health/live/ HTTP/1.1\r\n\r\n")]
    [InlineData("P")]
    [InlineData("\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001")]
    public void All_else_is_known_from_the_first_byte_that_differs(string request) =>
        Assert.Equal(StatusRequest.Other, StatusRequests.Read(Encoding.Latin1.GetBytes(request)));
}
