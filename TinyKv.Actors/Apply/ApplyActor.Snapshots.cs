using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Apply;

// Whoever applies entries and gives views also installs snapshots: so nobody reads or writes the region meanwhile.
internal sealed partial class ApplyActor
{
    private void Install(InstallSnapshot install)
    {
        var header = install.Snapshot.Header;
        // The peer that wants it is about to be stopped, and is not made again.
        if (_unreadable is not null || IsRemoved)
        {
            Context.Parent.Tell(new DropSnapshot(Region.Id, header.Applied));
            return;
        }
        Invariant.Holds(spec.Installer is not null, $"{Region.Id} cannot take a snapshot");
        Invariant.Holds(header.Applied.Index > _applied.Index,
            $"a snapshot of {Region.Id} up to {header.Applied} was to be installed over what is applied up to {_applied}");
        _record = spec.Installer.Install(install.Snapshot, _record);
        using var snapshot = engine.Snapshot();
        _machine = spec.Machine(_record.Region, snapshot);
        (_applied, _snapshot) = (header.Applied, header.Applied);
        // What became of them is in the snapshot, and cannot be seen.
        ForgetAll();
        foreach (var observer in spec.Observers) observer.OnInstalled(snapshot);
        var installed = new SnapshotInstalled(_record, _applied);
        // Whatever the peer says from now on is of the region that the parent knows.
        Context.Parent.Tell(installed);
        Sender.Tell(installed);
        AnswerDue();
    }

    private object View() => _unreadable is null && !IsRemoved ? new ReadView(Region, engine.Snapshot()) : Gone;

    private void FinishSnapshot()
    {
        if (_snapshot is not { } position) return;
        spec.Installer?.Finish(Region.Id);
        _snapshot = null;
        Context.Parent.Tell(new DropSnapshot(Region.Id, position));
    }
}
