using System.Net;
using System.Text.Json;

namespace TinyKv.Tests.Host.Server;

public sealed class StatusPortTests : ServedTests
{
    [Fact]
    public async Task A_store_without_a_leader_is_live_but_not_ready()
    {
        Assert.Equal(HttpStatusCode.OK, (await Ports.Http.GetAsync("/health/ready")).StatusCode);
        Store.IsReady = false;
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable, (await Ports.Http.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Ports.Http.GetAsync("/health/live")).StatusCode);
    }

    [Fact]
    public async Task A_store_that_has_ended_itself_is_neither_live_nor_ready_and_says_why()
    {
        Store.End.SetException(new InvalidOperationException("the disk was full"));

        var live = await Ports.Http.GetAsync("/health/live");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, live.StatusCode);
        Assert.Equal("ended: the disk was full\n", await live.Content.ReadAsStringAsync());
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable, (await Ports.Http.GetAsync("/health/ready")).StatusCode);
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
        Assert.Equal(HttpStatusCode.NotFound, (await Ports.Http.GetAsync("/secret")).StatusCode);
        var post = await Ports.Http.PostAsync("/status", new StringContent(""));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
    }
}
