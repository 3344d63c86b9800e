using System.Reflection;
using Akka.Actor;
using Akka.Remote.Transport;
using DotNetty.Transport.Channels;
using AkkaTransport = Akka.Remote.Transport.Transport;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>
/// Puts the guard between the sockets and Akka.Remote; named in <c>akka.remote.adapters</c>. A system that is no store
/// has no guard.
/// </summary>
internal sealed class GuardProvider : ITransportAdapterProvider
{
    /// <inheritdoc/>
    public AkkaTransport Create(AkkaTransport wrappedTransport, ExtendedActorSystem system)
    {
        var setup = system.Settings.Setup.Get<GuardSetup>();
        return setup.HasValue ? new GuardedTransport(wrappedTransport, system, setup.Value) : wrappedTransport;
    }

    /// <summary>The connection behind a handle, which Akka keeps to itself.</summary>
    /// <exception cref="NotSupportedException">Another version of Akka.Remote, or another transport.</exception>
    public static IChannel ChannelOf(AssociationHandle handle) =>
        handle.GetType().GetField("_channel", BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(handle) as IChannel
            ?? throw new NotSupportedException($"{handle.GetType()} has no channel; the guard knows the transport of DotNetty");
}
