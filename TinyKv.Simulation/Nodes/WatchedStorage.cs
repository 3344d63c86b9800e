using TinyKv.Actors.Messages;
using TinyKv.Actors.Requests;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Simulation.Nodes;

/// <summary>The storage of a process: sees what becomes of requests that go to a region together.</summary>
internal sealed class WatchedStorage(World world, IStorage inner) : IStorage
{
    private ReadView? _lastView;

    /// <inheritdoc/>
    public Task<RegionError?> WriteAsync(
        RequestContext context, IReadOnlyList<Modify> batch, CancellationToken cancellation) =>
        inner.WriteAsync(context, batch, cancellation);

    /// <inheritdoc/>
    public Task<OutcomeOrRefusal> WriteIfAsync(
        RequestContext context, Condition condition, IReadOnlyList<Modify> batch, CancellationToken cancellation) =>
        inner.WriteIfAsync(context, condition, batch, cancellation);

    /// <inheritdoc/>
    public Task<ReaderOrRefusal> ReaderAsync(RequestContext context, CancellationToken cancellation) =>
        inner.ReaderAsync(context, cancellation);

    /// <inheritdoc/>
    public void Execute(IReadOnlyList<StorageCall> calls, Action<IReadOnlyList<StorageCall>> done)
    {
        world.Marks.HitIf(calls.Select(call => call.Context.Region).Distinct().Count() > 1, NodeMark.ManyRegionsInMessage);
        var together = new Together(world, calls.Count);
        inner.Execute([.. calls.Select(call => new WatchedCall(call, together, this))],
            told => done([.. told.Select(call => ((WatchedCall)call).Inner)]));
    }

    private void Reads(ReadView view)
    {
        world.Marks.HitIf(view == _lastView, NodeMark.ViewShared);
        _lastView = view;
    }

    /// <summary>What those were told so far that came together.</summary>
    private sealed class Together(World world, int count)
    {
        private readonly long _asked = world.Now;
        private int _told;
        private int _busy;
        private int _refusedAtOnce;
        private int _leftBehind;

        public void Told(RegionError? refusal)
        {
            if (refusal is RegionError.ServerIsBusy) _busy++;
            if (refusal is not null && world.Now == _asked) _refusedAtOnce++;
            if (refusal is RegionError.NotLeader or RegionError.StaleCommand && world.Now > _asked) _leftBehind++;
            if (++_told < count || count == 1) return;
            world.Marks.HitIf(_busy > 0 && _busy < count, NodeMark.BatchAdmittedInPart);
            world.Marks.HitIf(_refusedAtOnce == count, NodeMark.BatchRefused);
            world.Marks.HitIf(_leftBehind > 0, NodeMark.BatchLeftBehind);
        }
    }

    private sealed class WatchedCall : StorageCall
    {
        private readonly Together _together;
        private readonly WatchedStorage _storage;

        public WatchedCall(StorageCall inner, Together together, WatchedStorage storage) : base(inner.Context)
        {
            (Inner, _together, _storage) = (inner, together, storage);
            (Batch, Condition, Keys, Trace) = (inner.Batch, inner.Condition, inner.Keys, inner.Trace);
        }

        public StorageCall Inner { get; }

        public override void Refuse(RegionError refusal)
        {
            _together.Told(refusal);
            Inner.Refuse(refusal);
        }

        public override void Written(ConditionOutcome? outcome)
        {
            _together.Told(null);
            Inner.Written(outcome);
        }

        public override void Read(IStorageReader reader)
        {
            _together.Told(null);
            _storage.Reads(((SnapshotReader)reader).View);
            Inner.Read(reader);
        }

        public override void Fail(Exception failure) => Inner.Fail(failure);
    }
}
