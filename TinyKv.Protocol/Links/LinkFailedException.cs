namespace TinyKv.Protocol.Links;

/// <summary>A request to another system gets no answer any more.</summary>
/// <param name="mayBeDone">Whether it may have arrived.</param>
/// <param name="message">Names the system and what happened.</param>
internal sealed class LinkFailedException(string message, bool mayBeDone) : Exception(message)
{
    /// <summary>Whether the request may have arrived.</summary>
    public bool MayBeDone => mayBeDone;
}
