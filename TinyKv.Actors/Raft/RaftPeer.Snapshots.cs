using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core;
using TinyKv.Core.Raft;
using TinyKv.Core.Snapshots;

namespace TinyKv.Actors.Raft;

// A snapshot of the leader's engine takes the place of entries that are compacted there. It is fetched by others; then the
// state machine installs it, the journal begins behind it, and the leader is told. From the moment at which the core says that
// it may be installed until it is in the engine, the core is given no input that could change that: no write is under way,
// and messages and time are held off. So it cannot have committed, acknowledged or campaigned on what the engine skips, and
// whatever the state machine was handed lies before the snapshot. Messages are sent again, and a clock that stands still
// makes promises to leaders only longer.
internal sealed partial class RaftPeer
{
    private LogPosition _asked; // what the last snapshot that was asked for must hold
    private StagedSnapshot? _staged; // to be installed once no write is under way
    private LogPosition? _unjournaled; // the end of the snapshot that the journal does not begin behind yet
    private bool _isInstalling; // the state machine is

    // After a restart, too: what the engine was given is explained by a checkpoint before anything is promised on it.
    private void Continue()
    {
        RaftCheckpoint? checkpoint = null;
        try
        {
            if (_spec.Snapshot is { } snapshot)
                checkpoint = _core.Recover(snapshot, _spec.Region.ToConfiguration());
        }
        catch (InvariantViolationException e)
        {
            CannotReplay(Damaged(e));
            return;
        }
        if (Stranger() is { } wrong) CannotReplay(wrong);
        else if (checkpoint is null) AwaitBirth();
        else Persist(checkpoint, _ => AwaitBirth());
    }

    private void Fetch(Effects effects)
    {
        if (effects.FetchSnapshot is not { } offered || Member(offered.From) is not { } from) return;
        _asked = offered.AtLeast;
        Context.Parent.Tell(new FetchSnapshot(_spec.Region.Id, from.Store, offered.AtLeast));
    }

    private void Take(StagedSnapshot staged)
    {
        if (_isInstalling) return; // who asks twice is answered twice
        _staged = staged;
        InstallOnceQuiet();
    }

    private void InstallOnceQuiet()
    {
        if (_staged is not { } staged || _underWay > 0 || _isInstalling) return;
        _staged = null;
        var (region, applied) = (staged.Header.Region, staged.Header.Applied);
        if (applied.Index >= _asked.Index && _core.CanInstall(applied) && region.PeerOn(_spec.Self.Store)?.Id == _spec.Self.Id)
        {
            _isInstalling = true;
            _spec.Applier.Tell(new InstallSnapshot(staged));
        }
        else
        {
            Context.Parent.Tell(new DropSnapshot(region.Id, applied));
        }
    }

    private void Installed(SnapshotInstalled installed)
    {
        Invariant.Holds(_isInstalling, $"a snapshot of {_spec.Region.Id} was installed that was not to be");
        _isInstalling = false;
        var region = installed.Record.Region;
        Take(region);
        _applied = installed.Applied.Index;
        _unjournaled = installed.Applied;
        _ticked = Context.System.Scheduler.MonotonicClock;
        Perform(_core.Installed(installed.Applied, region.ToConfiguration()));
        _telemetry.Applied(_applied);
        Publish();
    }

    // Any checkpoint that is made after the installation begins there or later.
    private void NoteJournaled(RaftCheckpoint checkpoint)
    {
        if (_unjournaled is not { } end || checkpoint.Initial.Truncated.Index < end.Index) return;
        _unjournaled = null;
        _spec.Applier.Tell(new SnapshotJournaled(_spec.Region.Id));
    }

    private void Pin(SnapshotPinned pinned)
    {
        if (_core.Configuration.On(pinned.To) is { } peer) _core.SnapshotPinned(peer.Id, pinned.Index);
    }
}
