using System.Net;
using System.Net.Sockets;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>How many connections one port holds.</summary>
/// <param name="Silent">The most that have not said yet what they want.</param>
/// <param name="SilentPerAddress">The most of those from one address.</param>
/// <param name="Established">The most others.</param>
/// <param name="EstablishedPerAddress">The most of those from one address.</param>
public sealed record ConnectionBounds(int Silent, int SilentPerAddress, int Established, int EstablishedPerAddress)
{
    /// <summary>Bounds for a port that is to serve so many; a quarter as many may wait to be served.</summary>
    public static ConnectionBounds Of(int max, int maxPerAddress)
    {
        var silent = Math.Max(8, max / 4);
        return new ConnectionBounds(silent, Math.Min(silent, Math.Max(8, maxPerAddress / 4)), max, maxPerAddress);
    }
}

/// <summary>
/// Who holds a connection to a port. Whoever comes is let in to say what he wants, if need be in the place of the one
/// that has been silent for longest, first of the same address. So connections that say nothing keep nobody out; those
/// that have spoken do, when there are as many of them as there may be. For any number of threads.
/// </summary>
/// <param name="bounds">How many there may be.</param>
public sealed class ConnectionLedger(ConnectionBounds bounds)
{
    private readonly LinkedList<Place> _silent = [];
    private readonly Dictionary<IPAddress, Neighbours> _addresses = [];
    private int _established;

    /// <summary>How many connections there are.</summary>
    public int Count
    {
        get
        {
            lock (_addresses) return _silent.Count + _established;
        }
    }

    /// <summary>Somebody has connected and has said nothing yet.</summary>
    /// <param name="address">From where; addresses of IPv6 count together that share their first 64 bits.</param>
    /// <param name="evict">Closes the connection, when another is to have its place.</param>
    public Place Enter(IPAddress address, Action evict)
    {
        Place? victim;
        Place place;
        lock (_addresses)
        {
            var key = Network(address);
            if (!_addresses.TryGetValue(key, out var neighbours)) _addresses[key] = neighbours = new Neighbours(key);
            place = new Place(this, neighbours, evict);
            place.Take(_silent);
            victim = MakeRoom(neighbours);
        }
        victim?.Evict();
        return place;
    }

    private Place? MakeRoom(Neighbours neighbours)
    {
        var victim = neighbours.Silent.Count > bounds.SilentPerAddress ? neighbours.Silent.First!.Value
            : _silent.Count > bounds.Silent ? _silent.First!.Value : null;
        if (victim is not null) Remove(victim);
        return victim;
    }

    private bool Establish(Place place)
    {
        lock (_addresses)
        {
            if (place.IsGone || _established >= bounds.Established
                || place.Neighbours.Established >= bounds.EstablishedPerAddress) return false;
            place.Settle(_silent);
            _established++;
            return true;
        }
    }

    private void Rest(Place place)
    {
        Place? victim;
        lock (_addresses)
        {
            if (place.IsGone) return;
            _established--;
            place.Neighbours.Established--;
            place.Take(_silent);
            victim = MakeRoom(place.Neighbours);
        }
        victim?.Evict();
    }

    private void Remove(Place place)
    {
        lock (_addresses)
        {
            if (place.IsGone) return;
            if (place.Leave(_silent)) _established--;
            if (place.Neighbours.IsEmpty) _addresses.Remove(place.Neighbours.Address);
        }
    }

    private static IPAddress Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    /// <summary>One connection.</summary>
    public sealed class Place : IDisposable
    {
        private readonly ConnectionLedger _ledger;
        private readonly Action _evict;
        private LinkedListNode<Place>? _inAll;
        private LinkedListNode<Place>? _inAddress;

        internal Place(ConnectionLedger ledger, Neighbours neighbours, Action evict) =>
            (_ledger, Neighbours, _evict) = (ledger, neighbours, evict);

        internal Neighbours Neighbours { get; }

        /// <summary>Whether another has its place, or the connection has ended.</summary>
        public bool IsGone { get; private set; }

        /// <summary>It has said what it wants; false when there are too many of its kind, or its place was taken.</summary>
        public bool Establish() => _ledger.Establish(this);

        /// <summary>One that was established says nothing again: it counts as the one that spoke last.</summary>
        public void Rest() => _ledger.Rest(this);

        /// <summary>The connection has ended, or is not counted any more.</summary>
        public void Dispose() => _ledger.Remove(this);

        internal void Evict() => _evict();

        internal void Take(LinkedList<Place> all) =>
            (_inAll, _inAddress) = (all.AddLast(this), Neighbours.Silent.AddLast(this));

        internal void Settle(LinkedList<Place> all)
        {
            Unlist(all);
            Neighbours.Established++;
        }

        /// <summary>Whether it was established.</summary>
        internal bool Leave(LinkedList<Place> all)
        {
            IsGone = true;
            if (_inAll is not null)
            {
                Unlist(all);
                return false;
            }
            Neighbours.Established--;
            return true;
        }

        private void Unlist(LinkedList<Place> all)
        {
            all.Remove(_inAll!);
            Neighbours.Silent.Remove(_inAddress!);
            (_inAll, _inAddress) = (null, null);
        }
    }

    internal sealed class Neighbours(IPAddress address)
    {
        public IPAddress Address => address;

        public LinkedList<Place> Silent { get; } = [];

        public int Established { get; set; }

        public bool IsEmpty => Silent.Count == 0 && Established == 0;
    }
}
