using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Messages;

/// <summary>
/// What a region's state machine answers reads with: the engine as it was then, shared by all whom it served at the same
/// time. Whoever is told a view releases it, once.
/// </summary>
/// <param name="region">The region as it was then.</param>
/// <param name="snapshot">The engine; freed when the last user is done.</param>
internal sealed class ReadView(Region region, ISnapshot snapshot)
{
    private int _users = 1;

    /// <summary>The region as it was then.</summary>
    public Region Region => region;

    /// <summary>The engine as it was then.</summary>
    public ISnapshot Snapshot => snapshot;

    /// <summary>One more uses it, called by one that does.</summary>
    public void Acquire() => Interlocked.Increment(ref _users);

    /// <summary>One that used it is done.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0) snapshot.Dispose();
    }
}
