using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Commands;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Commands;

namespace TinyKv.Actors.Raft;

// A split is proposed as the region is here and now, and asked for once more when it is applied: it may be another by then.
internal sealed partial class RaftPeer
{
    private void Split(ProposeSplit asked)
    {
        var (region, numbers) = (_spec.Region, asked.Numbers);
        if (!SplitPlan.CanSplitAt(region, asked.Key))
        {
            Sender.Tell(new RegionError.KeyNotInRegion(asked.Key, region));
            return;
        }
        var count = 1 + region.Peers.Length;
        if (numbers.Length != count)
        {
            Sender.Tell(new SplitNeedsNumbers(count));
            return;
        }
        var split = new SplitRegion(
            region.Epoch, asked.Key, new RegionId(numbers[0]), [.. numbers[1..].Select(number => new PeerId(number))]);
        var command = CommandCodec.Encode(split);
        // Of placement's group, or at a key that is none: the others would not take it, and the log would stand still.
        if (_spec.IsCommand(command)) Admit(Sender, new Propose(region.Id, null, command, []));
        else Sender.Tell(new RegionError.KeyNotInRegion(asked.Key, region));
        _answers.Deliver();
    }
}
