using System.Net;
using TinyKv.Actors.Node;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core;

namespace TinyKv.Server;

/// <summary>Where a server listens.</summary>
/// <param name="Bind">The address of both ports.</param>
/// <param name="Grpc">The port of the gRPC services.</param>
/// <param name="Status">The port of the status pages.</param>
public sealed record ServerEndpoints(IPAddress Bind, int Grpc, int Status)
{
    /// <summary>Where a store's settings say.</summary>
    /// <exception cref="SettingException">The address is not this machine's.</exception>
    public static async Task<ServerEndpoints> OfAsync(TinyKvSettings store, CancellationToken cancellation)
    {
        // Blocks on the name server.
        var bind = await Task.Run(() => BindAddress.Resolve(store.BindHost), cancellation).WaitAsync(cancellation);
        return Of(store, bind);
    }

    /// <summary>The ports of a store at the address that it was found to bind to.</summary>
    public static ServerEndpoints Of(TinyKvSettings store, IPAddress bind) =>
        new(bind, store.Self.GrpcPort, store.Self.StatusPort);
}
