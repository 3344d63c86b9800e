using TinyKv.Actors.Messages;
using TinyKv.Actors.Snapshots;
using TinyKv.Protocol.Wire.Internal;
using SnapshotCursor = TinyKv.Core.Snapshots.SnapshotCursor;

namespace TinyKv.Tests.Actors.Snapshots;

public sealed class SnapshotSendTests : SnapshotsKit
{
    [Fact]
    public async Task What_ended_before_its_view_came_keeps_no_log()
    {
        var spec = SpecOf(SendingStore, ReceivingStore, TestActor, Regions.Ref);
        var send = Watch(Sys.ActorOf(SnapshotSend.Props(spec, ReceivingStore, 1, Region.Id)));
        await Regions.ExpectMsgAsync<TakeView>(WaitTimeout);

        send.Tell(new ChunkPull(SnapshotCursor.Start, 0), TestActor);
        send.Tell(new SnapshotEnd(), TestActor);
        send.Tell(new ReadView(Region, Engine.Snapshot()), TestActor);

        await ExpectTerminatedAsync(send, WaitTimeout);
        Assert.False(Regions.HasMessages);
    }
}
