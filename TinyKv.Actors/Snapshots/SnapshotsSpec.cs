using Akka.Actor;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Snapshots;
using TinyKv.Protocol.Wire.Internal;
using SnapshotChunk = TinyKv.Core.Snapshots.SnapshotChunk;
using SnapshotCursor = TinyKv.Core.Snapshots.SnapshotCursor;

namespace TinyKv.Actors.Snapshots;

/// <summary>What the snapshots of a store are sent and fetched with.</summary>
internal sealed record SnapshotsSpec
{
    /// <summary>How many chunks one who fetches has asked for at once.</summary>
    public const int Window = 2;

    /// <summary>This store.</summary>
    public required StoreId Self { get; init; }

    /// <summary>The way to another store, which takes <see cref="SnapshotMessage"/>; null when there is no such store.</summary>
    public required Func<StoreId, IActorRef?> LinkTo { get; init; }

    /// <summary>Ends the connection to a store, and makes another.</summary>
    public required Action<StoreId> Reconnect { get; init; }

    /// <summary>The regions of this store: gives views of them, and keeps ranges free.</summary>
    public required IActorRef Regions { get; init; }

    /// <summary>Where what arrives is put together.</summary>
    public required ISnapshotStaging Staging { get; init; }

    /// <summary>The engine.</summary>
    public required IEngine Engine { get; init; }

    /// <summary>The bounds.</summary>
    public required SnapshotSettings Settings { get; init; }

    /// <summary>Draws the numbers of snapshots.</summary>
    public required Func<ulong> Draw { get; init; }

    /// <summary>The most bytes of keys and values in one chunk.</summary>
    public int ChunkBytes { get; init; } = SnapshotChunk.MaxBytes;

    /// <summary>Installs what was staged.</summary>
    public SnapshotInstaller Installer => new(Engine, Staging);
}

/// <summary>From one who sends or fetches to his parent: this is for another store.</summary>
internal sealed record OutboundSnapshotMessage(StoreId To, SnapshotMessage Message);

/// <summary>A chunk is wanted.</summary>
/// <param name="At">The one that begins here,</param>
/// <param name="Ahead">or so many behind it.</param>
internal readonly record struct ChunkPull(SnapshotCursor At, int Ahead);

/// <summary>Why no snapshot is sent. The numbers are part of the protocol between stores.</summary>
internal enum SnapshotRefusalReason
{
    /// <summary>As many as may be are on their way.</summary>
    Busy = 1,

    /// <summary>It is not kept any more.</summary>
    Gone = 2,

    /// <summary>This store cannot give one.</summary>
    NotHere = 3,
}
