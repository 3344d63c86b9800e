using System.Collections.Immutable;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Stores;

/// <summary>Why a store ends because of what the others say.</summary>
/// <param name="Misconfigured">Whether what it was told is wrong, and no start helps before that is changed; its data
/// directory otherwise.</param>
/// <param name="Text">The reason, and what to do.</param>
public sealed record StoreEnding(bool Misconfigured, string Text)
{
    /// <summary>Whether that is because it was removed from the cluster.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>Whether others must hear of it, who would else form a cluster with its list of stores.</summary>
    public bool ConcernsOthers => Misconfigured && !IsRemoved;
}

/// <summary>A store as placement has written it down, as far as introductions ask for it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Directory">Its data directory.</param>
/// <param name="IsRemoved">Whether it was removed from the cluster.</param>
public readonly record struct RegisteredStore(StoreId Id, DirectoryId Directory, bool IsRemoved);

/// <summary>
/// Which stores have accepted which. The cluster is formed, for an initial store, when all other initial ones have accepted
/// it and it has accepted them; from then on it knows each by its data directory. Those that join later it knows from
/// placement, and for one of them the cluster was formed before. Hosted by an actor, which makes <see cref="Record"/> durable
/// before it lets others know of what follows from it.
/// </summary>
public sealed class Introductions
{
    /// <summary>
    /// How many starts are named at least, although all others have heard of a later one: an old copy of theirs has not,
    /// and is to accept this store and end for being refused, rather than refuse it.
    /// </summary>
    public const int KeptStarts = 64;

    private readonly ulong _cluster;
    private readonly StoreId _self;
    private readonly SortedDictionary<ulong, Contact> _contacts = [];
    private readonly HashSet<StoreId> _removed = [];

    /// <param name="cluster">The cluster's number.</param>
    /// <param name="self">This store.</param>
    /// <param name="record">What it knows, with its present start.</param>
    /// <param name="told">The initial stores by its configuration, ascending.</param>
    public Introductions(ulong cluster, StoreId self, StoreRecord record, ImmutableArray<StoreId> told)
    {
        (_cluster, _self, Record) = (cluster, self, record);
        foreach (var store in told)
        {
            if (store == self) continue;
            _contacts[store.Value] = new Contact(store) { Known = record.Stores.GetValueOrDefault(store.Value) };
        }
        if (record.Initial.SequenceEqual(told)) Form();
        else Ending = new StoreEnding(Misconfigured: true,
            $"the data directory of {self} belongs to a cluster of the initial stores {Acceptance.Show(record.Initial)}, but "
            + $"tinykv.cluster.stores names {Acceptance.Show(told)}; that list stays as it was when the cluster was formed: "
            + "a store that is to be added joins with tinykv server --join");
    }

    /// <summary>What must be durable.</summary>
    public StoreRecord Record { get; private set; }

    /// <summary>Why this store must end; null while it may continue.</summary>
    public StoreEnding? Ending { get; private set; }

    /// <summary>The other stores of the cluster, ascending.</summary>
    public IReadOnlyCollection<Contact> Contacts => _contacts.Values;

    /// <summary>The other store with a number, if there is one.</summary>
    public Contact? ContactOf(StoreId store) => _contacts.GetValueOrDefault(store.Value);

    /// <summary>Whether this store has something to say to another that it has not heard.</summary>
    public bool MustGreet(Contact contact) =>
        Ending is { ConcernsOthers: true } ? !contact.HasHeardEnding : !contact.IsIntroduced;

    /// <summary>What this store says of itself to another.</summary>
    public StoreHello HelloTo(StoreId store) => new()
    {
        Cluster = _cluster,
        From = _self,
        To = store,
        Directory = Record.Directory,
        Starts = Record.Starts,
        Incarnation = Record.Incarnation,
        Earlier = Record.Earlier,
        Initial = Record.Initial,
        Replicas = Record.Replicas,
        Formed = Record.IsFormed,
        Accepts = ContactOf(store)?.Accepted ?? 0,
        Ending = Ending is { ConcernsOthers: true } ending ? ending.Text : "",
    };

    /// <summary>Why whoever says this would be refused; null when it would be accepted. Changes nothing.</summary>
    public StoreRefusal? Judge(StoreHello hello) => Ending is { ConcernsOthers: true } ending
        ? new StoreRefusal(RefusalKind.InitialStores, ending.Text)
        : Acceptance.Judge(
            _cluster, _self, Record, ContactOf(hello.From)?.Known, _removed.Contains(hello.From), hello);

    /// <summary>Placement says which stores there are, and which were removed. Before the cluster is formed nobody can have
    /// joined it.</summary>
    public void Follow(IEnumerable<RegisteredStore> stores)
    {
        if (!Record.IsFormed) return;
        foreach (var (store, directory, isRemoved) in stores)
        {
            if (store == _self) continue;
            if (isRemoved && _removed.Add(store)) _contacts.Remove(store.Value);
            else if (!isRemoved && !_contacts.ContainsKey(store.Value))
                _contacts[store.Value] = new Contact(store)
                {
                    Known = Record.Stores.GetValueOrDefault(store.Value) ?? new KnownStore(directory, 0, 0),
                };
        }
    }

    /// <summary>A store of the cluster has introduced itself, from its address.</summary>
    public StoreRefusal? Hear(StoreHello hello)
    {
        var refusal = Judge(hello);
        if (ContactOf(hello.From) is not { } contact) return refusal;
        contact.Refused = refusal;
        var accepts = refusal is null && hello.Accepts == Record.Incarnation;
        contact.AcceptedBy = accepts ? hello.Incarnation : 0;
        // What another had said under its number is over: nobody asks it again once the two are introduced.
        if (accepts) contact.RefusedBy = null;
        if (refusal is { Kind: RefusalKind.InitialStores } && !Record.IsFormed) End(misconfigured: true, refusal.Text);
        if (refusal is not null) return refusal;
        contact.Known = new KnownStore(hello.Directory, hello.Incarnation, hello.Starts);
        if (Record.IsFormed) Record = Record with { Stores = Record.Stores.SetItem(hello.From.Value, contact.Known) };
        else Form();
        return null;
    }

    /// <summary>A store of the cluster has answered, from its address; whether this start's own hello.</summary>
    public bool Hear(StoreHelloReply reply)
    {
        if (ContactOf(reply.From) is not { } contact) return false;
        // What an earlier start has said is over, and what somebody else has said in our name was not said.
        if (reply.HelloIncarnation != Record.Incarnation || reply.HelloDirectory != Record.Directory) return false;
        // Whoever accepts one that is about to end has not heard why.
        contact.HasHeardEnding |= Ending is { ConcernsOthers: true } && reply.Refusal is not null;
        (contact.RefusedBy, contact.Refusing) = (reply.Refusal, reply.Incarnation);
        contact.AcceptedBy = reply.Refusal is null ? reply.Incarnation : 0;
        if (reply.Refusal is { } refusal) EndIfHopeless(contact, refusal);
        else if (Record.IsFormed) ForgetEarlier();
        else Form();
        return true;
    }

    /// <summary>All replicas that this store begins with were made.</summary>
    public void Bootstrapped() => Record = Record with { IsBootstrapped = true };

    /// <summary>The store has lost what it acknowledged: it must end, and not be started on this directory again.</summary>
    /// <param name="reason">What was lost, and what to do.</param>
    public void Lose(string reason)
    {
        if (Record.Lost.Length == 0) Record = Record with { Lost = reason };
        End(misconfigured: false, reason);
    }

    private void Form()
    {
        if (Record.IsFormed || Ending is not null) return;
        if (_contacts.Values.Any(contact => !contact.IsIntroduced)) return;
        var self = new KnownStore(Record.Directory, Record.Incarnation, Record.Starts);
        Record = Record with
        {
            Stores = _contacts.ToImmutableSortedDictionary(pair => pair.Key, pair => pair.Value.Known!).Add(_self.Value, self),
        };
        ForgetEarlier();
    }

    private void ForgetEarlier()
    {
        // Whoever is not accepted may be one that takes another's place: what it knows is not what that one knows.
        if (Record.Earlier.Length <= KeptStarts || _contacts.Values.Any(contact => !contact.IsIntroduced)) return;
        Record = Record with { Earlier = Record.Earlier[^KeptStarts..] };
    }

    private void EndIfHopeless(Contact contact, StoreRefusal refusal)
    {
        switch (refusal.Kind)
        {
            case RefusalKind.InitialStores when !Record.IsFormed: End(misconfigured: true, refusal.Text); break;
            case RefusalKind.Directory or RefusalKind.OldCopy when Record.IsFormed ? IsShutOut : !IsDistrusted(contact.Refused):
                End(misconfigured: false, refusal.Text);
                break;
            case RefusalKind.Removed when IsShutOut:
                Ending ??= new StoreEnding(Misconfigured: true, refusal.Text) { IsRemoved = true };
                break;
        }
    }

    // One that is confused must not end this store; where those that refuse it leave no majority it can do nothing more.
    // Only the word of those counts that it accepts itself: an old copy takes what it has forgotten for what never was.
    private bool IsShutOut
    {
        get
        {
            var refuse = _contacts.Values.Count(contact =>
                IsDistrusted(contact.RefusedBy) && !IsDistrusted(contact.Refused) && contact.Refusing == contact.Accepted);
            var stores = _contacts.Count + 1;
            return stores - refuse < stores / 2 + 1;
        }
    }

    private static bool IsDistrusted(StoreRefusal? refusal) =>
        refusal is { Kind: RefusalKind.Directory or RefusalKind.OldCopy or RefusalKind.Removed };

    private void End(bool misconfigured, string text) => Ending ??= new StoreEnding(misconfigured, text);
}

/// <summary>Another store, as far as the two have been introduced.</summary>
public sealed class Contact(StoreId store)
{
    /// <summary>The other store.</summary>
    public StoreId Store => store;

    /// <summary>What is known of it; null for nothing.</summary>
    public KnownStore? Known { get; internal set; }

    /// <summary>Its incarnation that is accepted; 0: none.</summary>
    public ulong Accepted => Known?.Incarnation ?? 0;

    /// <summary>Its incarnation that accepts this one; 0: none that is known.</summary>
    public ulong AcceptedBy { get; internal set; }

    /// <summary>Whether the two have accepted each other as they are now.</summary>
    public bool IsIntroduced => Accepted != 0 && AcceptedBy == Accepted;

    /// <summary>Why the last that introduced itself under its number was refused; null when it was accepted.</summary>
    public StoreRefusal? Refused { get; internal set; }

    /// <summary>Why it refuses this store; null when it does not, or has not said.</summary>
    public StoreRefusal? RefusedBy { get; internal set; }

    /// <summary>The incarnation that has said so.</summary>
    internal ulong Refusing { get; set; }

    /// <summary>Whether it has answered since this store is about to end for the list of stores.</summary>
    public bool HasHeardEnding { get; internal set; }
}
