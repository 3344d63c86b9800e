using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>Which messages of other stores are taken.</summary>
internal static class TransportBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("transport",
    [
        new("a message of another cluster", [Rule.HonestAreBelieved], 11, "RaftTransport",
            "batch.ClusterId != spec.Cluster || batch.ToStore != spec.Self.Value",
            "batch.ToStore != spec.Self.Value",
            "Its terms and entries mean something else."),
        new("a message for another store", [Rule.HonestAreBelieved], 14, "RaftTransport",
            "|| batch.ToStore != spec.Self.Value",
            "",
            "It was not meant for this replica."),
        new("a message from elsewhere", [Rule.HonestAreBelieved], 8, "RaftTransport",
            "|| there.Path.Address != Sender.Path.Address)",
            ")",
            "Whoever sends it is not the store that it names."),
        new("a message of a start that was not accepted", [Rule.HonestAreBelieved], 8, "RaftTransport",
            "!_accepted.TryGetValue(batch.FromStore, out var accepted) || accepted != batch.Incarnation",
            "batch.FromStore == 0",
            "A store that has forgotten its votes votes again."),
        new("a connection from another cluster", [Rule.HonestAreBelieved], 8, "LinkRules",
            "if (hello.ClusterId != cluster) return",
            "if (hello.ClusterId == 0) return",
            "What comes over it means something else."),
        new("a connection for another store", [Rule.HonestAreBelieved], 8, "LinkRules",
            "if (hello.ToStore != self.Value) return",
            "if (hello.ToStore == 0) return",
            "What comes over it was not meant for these replicas."),
        new("a connection of a start that was not accepted", [Rule.HonestAreBelieved], 8, "LinkRules",
            "hello.Incarnation != AcceptedOf(from)",
            "AcceptedOf(from) == 0",
            "Whoever knows a store's number speaks in its name."),
        new("a connection meant for an earlier start", [Rule.HonestAreBelieved], 8, "LinkRules",
            "return hello.Accepts == incarnation ?",
            "return hello.Accepts != 0 ?",
            "It is not known who is spoken to."),
        new("a directory that counts no starts", [Rule.NothingThrows], 2, "SimDisk",
            "Record = Make(initial).Start(Draw(), initial, replicas)",
            "Record = Make(initial).Start(Draw(), initial, replicas) with { Earlier = [] }",
            "An honest store is taken for an old copy of itself."),
        new("a connection that is never re-established", [Rule.Serves, Rule.Converges], 1, "RaftTransport",
            "spec.Reconnect(new StoreId(store));",
            "",
            "A store that is not heard stays so for ever."),
        new("a remoting connection that is never re-established", [Rule.Serves, Rule.Converges], 34, "Handshake",
            "_spec.Reconnect(there);",
            "",
            "What is forwarded to a store gets lost for ever."),
    ]);
}
