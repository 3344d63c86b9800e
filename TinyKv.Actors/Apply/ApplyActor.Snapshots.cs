using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core;

namespace TinyKv.Actors.Apply;

// Whoever applies entries and gives views also installs snapshots: so nobody reads or writes the region meanwhile.
internal sealed partial class ApplyActor
{
    private void Install(InstallSnapshot install)
    {
        Invariant.Holds(spec.Installer is not null, $"{Region.Id} cannot take a snapshot");
        var header = install.Snapshot.Header;
        if (header.Applied.Index > _applied.Index)
        {
            _record = spec.Installer.Install(install.Snapshot, _record);
            using var snapshot = engine.Snapshot();
            _machine = spec.Machine(_record.Region, snapshot);
            (_applied, _snapshot) = (header.Applied, header.Applied);
            // What became of them is in the snapshot, and cannot be seen.
            ForgetAll();
        }
        else
        {
            // The log was faster.
            Context.Parent.Tell(new DropSnapshot(Region.Id, header.Applied));
        }
        var installed = new SnapshotInstalled(_record, _applied);
        Sender.Tell(installed);
        Context.Parent.Tell(installed);
        AnswerDue();
    }

    private void FinishSnapshot()
    {
        if (_snapshot is not { } position) return;
        spec.Installer?.Finish(Region.Id);
        _snapshot = null;
        Context.Parent.Tell(new DropSnapshot(Region.Id, position));
    }
}
