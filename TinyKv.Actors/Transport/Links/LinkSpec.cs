using TinyKv.Core.Regions;

namespace TinyKv.Actors.Transport.Links;

/// <summary>What the connections of a store to the others are made from.</summary>
internal sealed record LinkSpec
{
    /// <summary>The cluster's number.</summary>
    public required ulong Cluster { get; init; }

    /// <summary>This store.</summary>
    public required StoreId Self { get; init; }

    /// <summary>Drawn at its start.</summary>
    public required ulong Incarnation { get; init; }

    /// <summary>Makes the connections.</summary>
    public required ILinkNetwork Network { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where what is awaited continues.</summary>
    public TaskScheduler Scheduler { get; init; } = TaskScheduler.Default;

    /// <summary>How long it may take to look up a store and to connect to it.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may then take until both sides have introduced themselves.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long after a connection has ended another is tried; twice as long each time that fails.</summary>
    public TimeSpan ShortestPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest of these pauses.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a connection has to last to count, and how long an accepted store may be without such a one
    /// before that is reported.</summary>
    public TimeSpan Lasting { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most bytes that wait for a connection to take them; one batch always fits.</summary>
    public int MaxWaitingBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>The most connections that have not said whose they are; the oldest gives way, first of the same
    /// address.</summary>
    public int MaxSilent { get; init; } = 64;

    /// <summary>The most of those from one address.</summary>
    public int MaxSilentPerAddress { get; init; } = 16;

    /// <summary>Starts something that lasts.</summary>
    public void Run(Func<Task> work) =>
        _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler);
}
