using System.Globalization;
using Akka.Actor;

namespace TinyKv.Protocol.Links;

/// <summary>
/// Paths for those who wait for replies. Akka names such actors by a counter that begins again with the process, so that a
/// reply to a process that was killed could reach somebody else in the one that has taken its place.
/// </summary>
/// <param name="provider">The system that asks.</param>
/// <param name="start">Tells this start of the process from all others.</param>
internal sealed class ReplyPaths(IActorRefProvider provider, ulong start)
{
    private readonly string _suffix = "-" + start.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>The system that asks.</summary>
    public IActorRefProvider Provider => provider;

    /// <summary>A path that nobody has, or has had.</summary>
    public ActorPath Next()
    {
        var path = provider.TempPath();
        return path.Parent / (path.Name + _suffix);
    }
}
