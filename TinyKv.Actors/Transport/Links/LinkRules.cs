using System.Collections.Concurrent;
using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Wire.Internal;
using StoreHello = TinyKv.Core.Stores.StoreHello;

namespace TinyKv.Actors.Transport.Links;

/// <summary>
/// Who may be at the other end of a connection: a store of this cluster, in the incarnation that the
/// <see cref="Handshake"/> has accepted with its data directory, which has accepted this one. For any number of threads.
/// </summary>
internal sealed class LinkRules(ulong cluster, StoreId self, ulong incarnation)
{
    /// <summary>The longest introduction.</summary>
    public const int MaxHelloBytes = 1024;

    /// <summary>The longest batch: an entry of 8 MiB, the largest there is, with room for its envelope.</summary>
    public const int MaxBatchBytes = 16 * 1024 * 1024;

    private const int MaxRefusal = 200;

    private readonly ConcurrentDictionary<StoreId, ulong> _accepted = new();
    private readonly ConcurrentDictionary<StoreId, bool> _removed = new();

    /// <summary>The incarnation of a store that is listened to; 0: none.</summary>
    public ulong AcceptedOf(StoreId store) => _accepted.GetValueOrDefault(store);

    /// <summary>An incarnation of a store is listened to, and no other.</summary>
    public void Accept(StoreId store, ulong other) => _accepted[store] = other;

    /// <summary>A store was removed from the cluster: it is not listened to any more.</summary>
    public void Remove(StoreId store)
    {
        _removed[store] = true;
        _accepted.TryRemove(store, out _);
    }

    /// <summary>What this store says of itself to another, first.</summary>
    public LinkHello HelloTo(StoreId store, LinkTraffic traffic) => new()
    {
        Protocol = StoreHello.CurrentProtocol,
        ClusterId = cluster,
        FromStore = self.Value,
        ToStore = store.Value,
        Incarnation = incarnation,
        Accepts = AcceptedOf(store),
        Traffic = (uint)traffic,
    };

    /// <summary>What it answers to whoever has said that. Who is refused learns nothing that a store would have to
    /// know.</summary>
    public LinkHello AnswerTo(LinkHello hello, string refusal)
    {
        if (refusal.Length > 0) return new LinkHello { FromStore = self.Value, Refusal = refusal };
        return HelloTo(new StoreId(hello.FromStore), (LinkTraffic)hello.Traffic);
    }

    /// <summary>Why a connection is refused to who introduces itself so; empty when it is not.</summary>
    public string JudgeHello(LinkHello hello) => Enum.IsDefined((LinkTraffic)hello.Traffic)
        ? Judge(hello) : "what it is to carry is unknown here";

    /// <summary>Why a connection to a store is of no use, by its answer; empty when it is.</summary>
    public string JudgeAnswer(StoreId store, LinkTraffic traffic, LinkHello answer)
    {
        // Says nothing else.
        if (answer.Refusal.Length > 0) return ForeignText.Line(answer.Refusal, MaxRefusal);
        if (answer.FromStore != store.Value) return $"store {answer.FromStore} answers in the place of {store}";
        return answer.Traffic == (uint)traffic ? Judge(answer) : "the answer is to something else";
    }

    private string Judge(LinkHello hello)
    {
        if (hello.Protocol != StoreHello.CurrentProtocol) return $"it speaks version {hello.Protocol} of the protocol";
        if (hello.ClusterId != cluster) return $"it is of cluster {hello.ClusterId:x16}";
        if (hello.ToStore != self.Value) return $"it takes this store for store {hello.ToStore}";
        var from = new StoreId(hello.FromStore);
        if (_removed.ContainsKey(from)) return "it was removed from the cluster";
        // Nobody has accepted the incarnation that has no number.
        if (hello.Incarnation == 0 || hello.Incarnation != AcceptedOf(from)) return "this incarnation of it was not accepted";
        return hello.Accepts == incarnation ? "" : "it has not accepted this incarnation";
    }
}
