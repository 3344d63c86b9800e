using System.Collections.Immutable;
using Akka.Actor;
using TinyKv.Core.Regions;
using TinyKv.Persistence.Journal;

namespace TinyKv.Actors.Node;

/// <summary>What a test can do to a running store: cut its links to others, hold up or break its disk.</summary>
internal sealed class StoreFaults
{
    private ImmutableHashSet<StoreId> _cut = [];

    /// <summary>The disk under the journal.</summary>
    public DiskFaults Disk { get; } = new();

    /// <summary>Is among the store's files: closing it waits for <see cref="Disk"/> as writing does.</summary>
    public IDisposable File => new FileOnDisk(Disk);

    /// <summary>What this store sends to these others is lost, what it sends to the rest arrives.</summary>
    public void CutLinksTo(IEnumerable<StoreId> others) => Volatile.Write(ref _cut, [.. others]);

    /// <summary>A reference to an actor of another store that loses what is sent over a cut link.</summary>
    public IActorRef Over(StoreId other, IActorRef actor) => new Link(this, other, (IInternalActorRef)actor);

    private sealed class FileOnDisk(DiskFaults disk) : IDisposable
    {
        public void Dispose() => disk.BeforeClose();
    }

    private sealed class Link(StoreFaults faults, StoreId other, IInternalActorRef actor) : MinimalActorRef
    {
        public override ActorPath Path => actor.Path;

        public override IActorRefProvider Provider => actor.Provider;

        protected override void TellInternal(object message, IActorRef sender)
        {
            if (!Volatile.Read(ref faults._cut).Contains(other)) actor.Tell(message, sender);
        }
    }
}
