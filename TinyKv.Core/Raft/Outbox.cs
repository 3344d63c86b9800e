using System.Collections.Immutable;

namespace TinyKv.Core.Raft;

/// <summary>Collects what one input causes, and is emptied into its <see cref="Effects"/>.</summary>
internal sealed class Outbox
{
    private readonly List<RaftEnvelope> _sendNow = [];
    private readonly List<RaftEnvelope> _sendDurable = [];
    private readonly List<ReadGrant> _reads = [];
    private readonly List<long> _readsDropped = [];
    private readonly List<DataLossReport> _dataLoss = [];

    public void SendNow(RaftEnvelope envelope) => _sendNow.Add(envelope);

    public void SendDurable(RaftEnvelope envelope) => _sendDurable.Add(envelope);

    public void Grant(ReadGrant read) => _reads.Add(read);

    public void Drop(long context) => _readsDropped.Add(context);

    public void Report(DataLossReport report) => _dataLoss.Add(report);

    /// <summary>Everything collected, once. Nothing is allocated for an input without effects.</summary>
    public Effects Drain(RaftRecord? store, ImmutableArray<Entry> apply, LeadershipChange? changed)
    {
        var isEmpty = store is null && apply.IsEmpty && changed is null
            && _sendNow.Count == 0 && _sendDurable.Count == 0
            && _reads.Count == 0 && _readsDropped.Count == 0 && _dataLoss.Count == 0;
        if (isEmpty) return Effects.None;

        var effects = new Effects
        {
            Store = store,
            SendNow = [.. _sendNow],
            SendDurable = [.. _sendDurable],
            Apply = apply,
            Reads = [.. _reads],
            ReadsDropped = [.. _readsDropped],
            Changed = changed,
            DataLoss = [.. _dataLoss],
        };
        _sendNow.Clear();
        _sendDurable.Clear();
        _reads.Clear();
        _readsDropped.Clear();
        _dataLoss.Clear();
        return effects;
    }
}
