using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>Which messages of other stores are taken.</summary>
internal static class TransportBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("transport",
    [
        new("a message of another cluster", [Rule.HonestAreBelieved], 2, "RaftTransport",
            "batch.ClusterId != spec.Cluster || batch.ToStore != spec.Self.Value",
            "batch.ToStore != spec.Self.Value",
            "Its terms and entries mean something else."),
        new("a message for another store", [Rule.HonestAreBelieved], 2, "RaftTransport",
            "|| batch.ToStore != spec.Self.Value",
            "",
            "It was not meant for this replica."),
        new("a message from elsewhere", [Rule.HonestAreBelieved], 2, "RaftTransport",
            "|| there.Path.Address != Sender.Path.Address)",
            ")",
            "Whoever sends it is not the store that it names."),
        new("a message of a start that was not accepted", [Rule.HonestAreBelieved], 2, "RaftTransport",
            "_accepted.GetValueOrDefault(batch.FromStore) != batch.Incarnation",
            "batch.FromStore == 0",
            "A store that has forgotten its votes votes again."),
        new("a directory that counts no starts", [Rule.NothingThrows], 1, "SimDisk",
            "return (Record = found.Start(Draw(), initial))!;",
            "return (Record = found.Start(Draw(), initial) with { Earlier = [] })!;",
            "An honest store is taken for an old copy of itself."),
        new("a connection that is never re-established", [Rule.Serves, Rule.Converges], 38, "RaftTransport",
            "spec.Reconnect(target);",
            "",
            "A store that is not heard stays so for ever."),
    ]);
}
