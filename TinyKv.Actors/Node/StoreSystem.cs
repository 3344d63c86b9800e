using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster.Tools.Client;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Configuration;
using Akka.Remote;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Transport;
using TinyKv.Actors.Transport.Links;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Core;
using TinyKv.Persistence;

namespace TinyKv.Actors.Node;

/// <summary>Makes the actor system of a store.</summary>
internal static class StoreSystem
{
    /// <summary>The name that all stores' systems share, as Akka.Cluster wants it.</summary>
    public const string Name = "tinykv";

    /// <summary>The version of the program.</summary>
    public static string Version { get; } = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Where an actor of another store is; the reference to it outlives restarts of that store.</summary>
    public static IActorRef Remote(ActorSystem system, StoreAddress store, string actor) =>
        ((ExtendedActorSystem)system).Provider.ResolveActorRef($"{Root(store)}/user/{actor}");

    /// <summary>What the guard of the remoting port is made from.</summary>
    public static GuardSetup Guard(TinyKvSettings settings, StorePeers peers)
    {
        var guard = new GuardSetup(Address.Parse(Root(settings.Self)), peers.IsStore, settings.Remoting);
        peers.Changed += _ => guard.Change();
        return guard;
    }

    /// <summary>The configuration of a store's actor system.</summary>
    public static Config Configure(
        TinyKvSettings settings, Config user, StoreNames names, StorePeers peers, JournalSetup journal) =>
        user.WithFallback(OfThisStore(settings, names, peers)).WithFallback(journal.Config)
            .WithFallback(ClusterClientReceptionist.DefaultConfig()).WithFallback(DistributedPubSub.DefaultConfig());

    /// <summary>Ends the connections to another system, whatever state they are in; the next message opens one.</summary>
    public static void Reconnect(ActorSystem system, Address address) =>
        // Without the incarnation nothing is shut out: remoting only starts over.
        ((IRemoteActorRefProvider)((ExtendedActorSystem)system).Provider).Quarantine(address, uid: null);

    /// <summary>Starts remoting, cluster and persistence.</summary>
    /// <param name="store">Whose system it is.</param>
    /// <param name="setups">What else its configuration names is made from, such as a logger.</param>
    /// <exception cref="TinyKvException">The port cannot be bound.</exception>
    public static ActorSystem Start(PreparedStore store, IEnumerable<Setup> setups)
    {
        var setup = BootstrapSetup.Create().WithConfig(store.SystemConfig).And(store.Setups.Concat(setups));
        try
        {
            return ActorSystem.Create(Name, setup);
        }
        catch (Exception e) when (BindFailure(e) is { } cause)
        {
            throw PortTaken(store.Settings, cause);
        }
    }

    /// <summary>
    /// Asked before the system is made: one whose port is taken cannot be taken apart again in order.
    /// </summary>
    /// <exception cref="TinyKvException">The port cannot be bound.</exception>
    public static void RequireFreePort(TinyKvSettings settings, IPAddress bind)
    {
        try
        {
            using var probe = new TcpListener(bind, settings.Self.RemotingPort);
            probe.Start();
        }
        catch (SocketException e)
        {
            throw PortTaken(settings, e);
        }
    }

    /// <summary>Listens on the Raft port.</summary>
    /// <exception cref="TinyKvException">The port cannot be bound.</exception>
    public static LinkSockets BindRaftPort(TinyKvSettings settings, StoreNames names, StorePeers peers)
    {
        // As for remoting.
        var family = names.UsesIpv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        try
        {
            return LinkSockets.Bind(
                // Where the others moved while this one was away is not known.
                store => [.. (peers.Find(store)?.Places ?? [])
                    .Select(there => new DnsEndPoint(there.Host, there.RaftPort, family)).Distinct()],
                new IPEndPoint(names.Bind, settings.Self.RaftPort));
        }
        catch (SocketException e)
        {
            throw PortTaken(settings, "Raft", settings.Self.RaftPort, e);
        }
    }

    private static ActorSystemSetup And(this BootstrapSetup bootstrap, IEnumerable<Setup> setups) =>
        setups.Aggregate(ActorSystemSetup.Create(bootstrap), (all, setup) => all.And(setup));

    // The lowest numbered store is the only one that may form a cluster by itself: two that did would stay apart for
    // ever. Until it has been there once the others are no members, which Raft does not need them to be. One that joined
    // later never does: it asks all others.
    private static Config OfThisStore(TinyKvSettings settings, StoreNames names, StorePeers peers)
    {
        var known = peers.All.Values.Select(store => StoreAddress.Of(store.Id, store.Current));
        var stores = settings.IsInitial ? known.Append(settings.Self).OrderBy(store => store.Id.Value) : known;
        var seeds = string.Join(", ", stores.Select(store => $"\"{Root(store)}\""));
        return ConfigurationFactory.ParseString($$"""
            akka.remote.dot-netty.tcp {
              hostname = "{{names.Bind}}"
              dns-use-ipv6 = {{(names.UsesIpv6 ? "on" : "off")}}
              port = {{settings.Self.RemotingPort}}
              public-hostname = "{{settings.Self.Host}}"
              public-port = {{settings.Self.RemotingPort}}
            }
            akka.cluster {
              seed-nodes = [{{seeds}}]
              app-version = "{{Version}}"
            }
            """);
    }

    private static string Root(StoreAddress store) => $"akka.tcp://{Name}@{store.Remoting}";

    private static SocketException? BindFailure(Exception? e) => e switch
    {
        null => null,
        SocketException socket => socket,
        AggregateException many => many.InnerExceptions.Select(BindFailure).FirstOrDefault(found => found is not null),
        _ => BindFailure(e.InnerException),
    };

    private static TinyKvException PortTaken(TinyKvSettings settings, SocketException cause) =>
        PortTaken(settings, "remoting", settings.Self.RemotingPort, cause);

    private static TinyKvException PortTaken(TinyKvSettings settings, string which, int port, SocketException cause) => new(
        $"cannot listen on {new HostPort(settings.BindHost, port)}, "
        + $"the {which} port of {settings.StoreId}: {cause.Message}", cause);
}
