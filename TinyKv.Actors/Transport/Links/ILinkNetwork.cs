using System.Net;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Transport.Links;

/// <summary>
/// Makes and takes connections between stores. What it gives is a stream of bytes in each direction, which may be
/// encrypted; a simulation brings its own.
/// </summary>
internal interface ILinkNetwork : IDisposable
{
    /// <summary>Connects to another store.</summary>
    /// <exception cref="IOException">There is nobody.</exception>
    Task<Stream> ConnectAsync(StoreId store, CancellationToken cancellation);

    /// <summary>The next connection that somebody makes to this store.</summary>
    /// <exception cref="IOException">One was lost before it was taken; there will be others.</exception>
    /// <exception cref="OperationCanceledException">It was disposed of.</exception>
    Task<IncomingLink> AcceptAsync();
}

/// <summary>A connection that somebody has made to this store.</summary>
/// <param name="Connection">What is said over it.</param>
/// <param name="From">Where he is.</param>
internal readonly record struct IncomingLink(Stream Connection, IPEndPoint From);
