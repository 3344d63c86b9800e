using System.Collections.Concurrent;
using Akka.Actor;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>
/// Whether one that claims to be a store is it. Anybody can say a store's address; the answer to a question that goes
/// to that address comes from the store.
/// </summary>
/// <param name="isStore">Whether another store is at an address, at this moment.</param>
/// <param name="ask">Asks a store for the number of its incarnation; null when it does not answer.</param>
internal sealed class KnownStores(Func<Address, bool> isStore, Func<Address, Task<int?>> ask)
{
    private const int MaxWaiting = 16;

    // No more than there are stores, and were.
    private readonly ConcurrentDictionary<(string? Host, int? Port), Store> _stores = new();

    /// <summary>Whether a store is at an address, whatever name its system has.</summary>
    public bool IsStore(Address address) => isStore(address);

    /// <summary>A store has told its incarnation over a connection that this one has made.</summary>
    public void Learn(Address address, int uid) => At(address).Uid = uid;

    /// <summary>Whether an incarnation is the one that listens at a store's address; not, if too many others wait to
    /// be told so of the same store.</summary>
    public async Task<bool> IsAsync(Address address, int uid)
    {
        var store = At(address);
        if (store.Uid == uid) return true;
        // However many claim to be a new incarnation of it, the store is asked once at a time.
        Task<int?> asking;
        lock (store)
        {
            if (store.Waiting >= MaxWaiting) return false;
            store.Waiting++;
            asking = store.Asking ??= AskAsync(store);
        }
        try
        {
            return await asking == uid;
        }
        finally
        {
            lock (store) store.Waiting--;
        }
    }

    private async Task<int?> AskAsync(Store store)
    {
        // Not within the lock.
        await Task.Yield();
        try
        {
            var told = await ask(store.Address);
            if (told is { } uid) store.Uid = uid;
            return told;
        }
        finally
        {
            lock (store) store.Asking = null;
        }
    }

    private Store At(Address address) =>
        _stores.GetOrAdd((address.Host, address.Port), static (_, there) => new Store(there), address);

    private sealed class Store(Address address)
    {
        private long _uid = long.MinValue;

        public Address Address => address;

        public Task<int?>? Asking { get; set; }

        public int Waiting { get; set; }

        public long Uid
        {
            get => Volatile.Read(ref _uid);
            set => Volatile.Write(ref _uid, value);
        }
    }
}
