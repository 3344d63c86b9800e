using TinyKv.Core.Placement;

namespace TinyKv.Actors.Node;

/// <summary>Which ports a store that joins may have, where its configuration leaves that open.</summary>
internal static class JoinPlaces
{
    // As many stores as a playground can have on one machine: the ports of different purposes do not meet.
    private const int Most = 20;

    private static readonly StoreAddresses First = new("", 20160, 20180, 4053, 4073);

    /// <summary>The places that come into question, in the order in which they are to be tried. All ports that are chosen are
    /// as far above the usual ones.</summary>
    /// <param name="wanted">Where the configuration says; 0 for a port that is to be chosen.</param>
    /// <param name="isFree">Whether nobody listens on a port here.</param>
    public static IEnumerable<StoreAddresses> Of(StoreAddresses wanted, Func<int, bool> isFree)
    {
        if (!PortsOf(wanted).Contains(0)) return [wanted];
        return Enumerable.Range(0, Most).Select(offset => At(wanted, offset))
            .Where(place => PortsOf(place).Distinct().Count() == 4 && PortsOf(place).Except(PortsOf(wanted)).All(isFree));
    }

    private static StoreAddresses At(StoreAddresses wanted, int offset) => new(
        wanted.Host, Port(wanted.GrpcPort, First.GrpcPort + offset), Port(wanted.StatusPort, First.StatusPort + offset),
        Port(wanted.RemotingPort, First.RemotingPort + offset), Port(wanted.RaftPort, First.RaftPort + offset));

    private static int Port(int wanted, int chosen) => wanted != 0 ? wanted : chosen;

    private static int[] PortsOf(StoreAddresses place) =>
        [place.GrpcPort, place.StatusPort, place.RemotingPort, place.RaftPort];
}
