using System.Text;
using Akka.Actor;
using TinyKv.Protocol;
using TinyKv.Protocol.Serialization;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>Which messages are taken from whom.</summary>
internal static class RemotingRules
{
    private const int Cluster = 5, PubSub = 9, Singleton = 14, Own = 20160;

    // What a store says of itself comes with the gossip; nobody removes another by command.
    private static readonly string[] NeverTaken =
    [
        "Akka.Cluster.ClusterUserAction+Down, Akka.Cluster",
        "Akka.Cluster.ClusterUserAction+Leave, Akka.Cluster",
        "Akka.Cluster.Routing.ClusterRouterPool, Akka.Cluster",
    ];

    // Send, SendToAll and Publish of DistributedPubSub, which ClusterClient uses.
    private static readonly string[] FromClusterClient = ["C", "D", "E"];

    /// <summary>Whether a frame is passed on to Akka.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="fromStore">Whether a store of the cluster sent it.</param>
    /// <param name="isStore">Whether a store of the cluster is at an address.</param>
    /// <param name="refused">What was refused; in words that the sender does not choose.</param>
    public static bool Allows(ReadOnlySpan<byte> frame, bool fromStore, Func<Address, bool> isStore, out string refused)
    {
        try
        {
            refused = RemotingFrame.TryMessage(frame, out var message, out var sender)
                ? Refused(message, fromStore, fromStore ? null : Text(sender), isStore) : "";
        }
        catch (MalformedMessageException e)
        {
            refused = e.Message;
        }
        return refused.Length == 0;
    }

    private static string Refused(MessageContent message, bool fromStore, string? sender, Func<Address, bool> isStore)
    {
        if (fromStore)
        {
            return message.Serializer == Cluster && NeverTaken.Contains(Text(message.Manifest), StringComparer.Ordinal)
                ? "a command to remove a member" : "";
        }
        // Whoever receives it would take it for the store's.
        if (ActorPath.TryParseAddress(sender ?? "", out var address) && isStore(address)) return "a message in a store's name";
        return message.Serializer switch
        {
            Cluster => "a message of Akka.Cluster",
            PubSub when !FromClusterClient.Contains(Text(message.Manifest), StringComparer.Ordinal) =>
                "gossip of the cluster's tools",
            Singleton => "a message of the cluster's tools",
            Own when TinyKvSerializer.IsForStoresOnly(Text(message.Manifest)) => "a message between stores",
            _ => "",
        };
    }

    private static string Text(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);
}
