using Akka.Actor;
using Akka.Actor.Setup;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>What the remoting port takes from those who are no stores of the cluster.</summary>
/// <param name="MaxConnections">The most connections of theirs.</param>
/// <param name="MaxConnectionsPerAddress">The most of those from one address.</param>
/// <param name="HandshakeTimeout">How long a connection may take to say whose it is.</param>
/// <param name="FrameTimeout">How long a message may take to arrive.</param>
/// <param name="MaxUnfinishedBytes">The most bytes of messages that have not arrived entirely.</param>
public sealed record RemotingSettings(
    int MaxConnections, int MaxConnectionsPerAddress, TimeSpan HandshakeTimeout, TimeSpan FrameTimeout,
    long MaxUnfinishedBytes);

/// <summary>Hands the guard of the remoting port what it needs, through the actor system's setup.</summary>
internal sealed class GuardSetup(Address self, Func<Address, bool> isStore, RemotingSettings settings) : Setup
{
    /// <summary>Where this store is reached.</summary>
    public Address Self => self;

    /// <summary>There are stores at other addresses than before.</summary>
    public event Action? Changed;

    /// <summary>Whether another store is at an address.</summary>
    public bool IsStore(Address address) => isStore(address);

    /// <summary>Tells of it.</summary>
    public void Change() => Changed?.Invoke();

    /// <summary>The bounds.</summary>
    public RemotingSettings Settings => settings;
}
