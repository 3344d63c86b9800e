using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TinyKv.Protocol.Wire.Errors;
using TinyKv.Protocol.Wire.Kv;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Tests.Client;

/// <summary>One store of a <see cref="FakeCluster"/>: a real gRPC server on a port of its own.</summary>
internal sealed class FakeStore : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _closing = new();
    private WebApplication? _app;

    private FakeStore(FakeCluster cluster, ulong id)
    {
        Cluster = cluster;
        Id = id;
    }

    public FakeCluster Cluster { get; }

    public ulong Id { get; }

    public string Address { get; set; } = "";

    /// <summary>While set, nothing that arrives is answered, like a stopped process.</summary>
    public volatile bool Hangs;

    /// <summary>How often the store was asked for its members, which is how clients ask for a sign of
    /// life.</summary>
    public int SignsOfLife;

    /// <summary>Whether it knows streams of requests.</summary>
    public volatile bool HasStream = true;

    /// <summary>How many messages came over streams.</summary>
    public int Envelopes;

    /// <summary>How many streams clients have ended in good order.</summary>
    public int EndedStreams;

    /// <summary>Of the last request that came over a stream.</summary>
    public volatile string LastTraceparent = "";

    /// <summary>How many requests came by calls of their own.</summary>
    public int SingleCalls;

    /// <summary>May make another reply of one that goes over a stream.</summary>
    public Func<NumberedReply, NumberedReply> Change { get; set; } = reply => reply;

    /// <summary>Cancelled when clients are to send nothing more over their streams.</summary>
    public CancellationToken Closing => _closing.Token;

    public static async Task<FakeStore> StartAsync(FakeCluster cluster, ulong id)
    {
        var store = new FakeStore(cluster, id);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(store);
        var app = builder.Build();
        app.MapGrpcService<FakeSchedulerService>();
        app.MapGrpcService<FakeRawService>();
        app.MapGrpcService<FakeAdminService>();
        await app.StartAsync();
        store._app = app;
        store.Address = new Uri(app.Urls.Single()).Authority;
        return store;
    }

    /// <summary>Tells clients that the store is stopping.</summary>
    public Task CloseAsync() => _closing.CancelAsync();

    /// <summary>Ends the server at once: open calls break, new connections are refused.</summary>
    public async Task KillAsync()
    {
        if (_app is not { } app) return;
        _app = null;
        await _stopping.CancelAsync();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        try
        {
            await app.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // The server was told not to wait for open calls.
        }
        await app.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _stopping.Dispose();
        _closing.Dispose();
    }

    public async Task AnswerAsync(CancellationToken cancellation)
    {
        if (!Hangs) return;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stopping.Token);
        await Task.Delay(Timeout.Infinite, end.Token);
    }

    /// <summary>The refusal of a request to a region, or null.</summary>
    public async Task<Error?> AdmitAsync(
        string request, Context context, ReadOnlyMemory<byte> key, CancellationToken cancellation)
    {
        Cluster.Calls.Enqueue((Id, request));
        await AnswerAsync(cancellation);
        return await Cluster.Intercept(this, request, cancellation) ?? Cluster.Refuse(this, context, key);
    }
}
