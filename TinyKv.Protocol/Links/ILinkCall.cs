namespace TinyKv.Protocol.Links;

/// <summary>A request that went to another system by itself, or together with others.</summary>
internal interface ILinkCall
{
    /// <summary>What came back. Fails with a <see cref="LinkFailedException"/>.</summary>
    Task<object> Reply { get; }

    /// <summary>Whether it may have arrived. Certain as soon as it was forgotten.</summary>
    bool IsSent { get; }

    /// <summary>What came back, or that the caller has given up.</summary>
    Task<object> ReplyAsync(CancellationToken cancellation);
}
