namespace TinyKv.Actors.Placement;

/// <summary>What a call is for.</summary>
internal enum CallKind
{
    /// <summary>Ids from the log.</summary>
    Ids,

    /// <summary>Leadership, for timestamps.</summary>
    Confirm,

    /// <summary>A window of timestamps from the log.</summary>
    Reserve,
}

/// <summary>To the service: the placement group's answer, or a refusal when there was none in time.</summary>
internal sealed record CallEnded(CallKind Kind, object Answer);
