using Akka.Actor;

namespace TinyKv.Actors.Messages;

/// <summary>Ends the store: it cannot continue, and a restart of one actor does not help. On the event stream.</summary>
/// <param name="Reason">What has failed.</param>
/// <param name="Cause">Why, when that is known.</param>
internal sealed record StoreFailed(string Reason, Exception? Cause = null)
{
    /// <summary>Whether the configuration is the reason: restarting the store does not help before it is changed.</summary>
    public bool Misconfigured { get; init; }

    /// <summary>Tells whoever watches over the store, from any thread.</summary>
    public static void Publish(
        ActorSystem system, string reason, Exception? cause = null, bool misconfigured = false) =>
        system.EventStream.Publish(new StoreFailed(reason, cause) { Misconfigured = misconfigured });

    /// <inheritdoc/>
    public override string ToString() => Cause is null ? Reason : $"{Reason}: {Cause.GetBaseException().Message}";
}
