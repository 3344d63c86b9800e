using Akka.Actor;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Requests;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Tests.Actors.Requests;

public sealed class GatewayStatusTests : TestKit
{
    [Fact]
    public async Task However_many_ask_for_the_status_the_replicas_are_asked_by_one_at_a_time()
    {
        const int Askers = 100;
        var reads = 0;
        var read = new TaskCompletionSource<StoreStatusResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        var gateway = Sys.ActorOf(GatewayActor.Props(null!, ReadAsync, TimeSpan.FromSeconds(30)));

        for (var i = 0; i < Askers; i++) gateway.Tell(new StoreStatusRequest(), TestActor);
        gateway.Tell(new Identify(1), TestActor);
        await ExpectMsgAsync<ActorIdentity>(TimeSpan.FromSeconds(30));
        read.SetResult(new StoreStatusResponse());

        for (var i = 0; i < Askers; i++) await ExpectMsgAsync<StoreStatusResponse>(TimeSpan.FromSeconds(30));
        Assert.Equal(1, reads);

        Task<StoreStatusResponse> ReadAsync(CancellationToken cancellation)
        {
            reads++;
            return read.Task;
        }
    }
}
