using Akka.Actor;

namespace TinyKv.Client;

/// <summary>
/// How to reach a cluster over Akka.Remote, by the gateway actors of its stores. <see cref="TinyKvClientOptions.Endpoints"/>
/// are remoting addresses here, the hosts written as the stores' configuration writes them.
/// </summary>
public sealed record TinyKvRemotingOptions : TinyKvClientOptions
{
    /// <summary>The defaults: a store on this machine.</summary>
    public TinyKvRemotingOptions() => Endpoints = ["127.0.0.1:4053"];

    /// <summary>
    /// The application's actor system, which must be configured for it, see docs/actors.md. Null: the client has one of
    /// its own, which ends with it.
    /// </summary>
    public ActorSystem? System { get; init; }

    /// <summary>How long one store may take to answer while it gives signs of life. Remoting can lose a message: longer than
    /// the stores' <c>tinykv.gateway.timeout</c>, within which they answer.</summary>
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
