using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Server.StatusPages;

public sealed class StatusPortTests : ServedTests
{
    [Fact]
    public async Task A_store_without_a_leader_is_live_but_not_ready()
    {
        Assert.Equal("ready\n", await Ports.Http.GetStringAsync("/health/ready"));
        Store.IsReady = false;
        await AssertNotReadyAsync("a replica knows no leader, or has not caught up with it");
        Assert.Equal(HttpStatusCode.OK, (await Ports.Http.GetAsync("/health/live")).StatusCode);
    }

    [Fact]
    public async Task A_store_that_has_ended_itself_is_neither_live_nor_ready_and_says_why()
    {
        Store.End.SetException(new InvalidOperationException("the disk was full"));

        var live = await Ports.Http.GetAsync("/health/live");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, live.StatusCode);
        Assert.Equal("ended: the disk was full\n", await live.Content.ReadAsStringAsync());
        await AssertNotReadyAsync("the store has ended itself: the disk was full");
        Assert.Contains("the disk was full", await (await Ports.Http.GetAsync("/status")).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_head_of_a_probe_is_answered_without_a_body()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/health/live");

        var live = await Ports.Http.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, 5), (live.StatusCode, live.Content.Headers.ContentLength));
        Assert.Equal("live\n", await Ports.Http.GetStringAsync("/health/live"));
    }

    [Fact]
    public async Task A_probe_that_follows_another_request_over_its_connection_gets_the_same_answer()
    {
        using var connection = new TcpClient(AddressFamily.InterNetwork);
        await connection.ConnectAsync(IPAddress.Loopback, Ports.Status.Number, Timeouts.Long);
        await connection.GetStream().WriteAsync(
            "GET /none HTTP/1.1\r\nHost: a\r\n\r\nGET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8
                .ToArray(), Timeouts.Long);

        using var reader = new StreamReader(connection.GetStream());
        var answers = await reader.ReadToEndAsync(Timeouts.Long);

        Assert.StartsWith("HTTP/1.1 404 ", answers, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200 ", answers);
        Assert.Contains("live\n", answers);
    }

    [Fact]
    public async Task The_status_is_json_with_the_names_of_the_protocol()
    {
        var response = await Ports.Http.GetAsync("/status");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("77", json.RootElement.GetProperty("cluster_id").GetString());
        Assert.True(json.RootElement.GetProperty("ready").GetBoolean());
        Assert.Equal(0, json.RootElement.GetProperty("peers").GetArrayLength());
    }

    [Fact]
    public async Task Another_path_is_not_found_and_another_method_not_allowed()
    {
        foreach (var path in (string[])["/secret", "/", "/secret/of.all"])
            Assert.Equal(HttpStatusCode.NotFound, (await Ports.Http.GetAsync(path)).StatusCode);
        foreach (var path in (string[])["/status", "/health/live", "/health/ready", "/metrics", "/secret"])
        {
            using var post = await Ports.Http.PostAsync(path, new StringContent(""));
            Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
            Assert.Equal(["GET", "HEAD"], post.Content.Headers.Allow);
        }
        using var head = await Ports.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/status"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }

    private async Task AssertNotReadyAsync(string reason)
    {
        using var answer = await Ports.Http.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal($"not ready: {reason}\n", await answer.Content.ReadAsStringAsync());
    }
}
