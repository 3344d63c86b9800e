using TinyKv.Actors.Node;
using TinyKv.Actors.Placement;
using TinyKv.Core.Placement;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// Asks for the removal of a store, through whichever store happens to run, until it is removed or refused: what it holds could
/// be nowhere else.
/// </summary>
/// <param name="world">Where it is.</param>
/// <param name="machine">Where the store is, or was.</param>
/// <param name="random">Its draws.</param>
/// <param name="ended">Is told whether the store was removed.</param>
/// <param name="isGone">Whether the store cannot stay: a refusal is waited for to end.</param>
internal sealed class StoreRemover(World world, Machine machine, Random random, Action<bool> ended, bool isGone)
{
    private NodeCluster Cluster => world.Cluster;

    /// <summary>Asks.</summary>
    public void Begin()
    {
        if (Cluster.AnyRunning(random) is not { } process)
        {
            AskAgain();
            return;
        }
        var isAnswered = false;
        process.Tasks.Start(async () =>
        {
            var (answer, why) = await AskAsync(process);
            if (isAnswered) return;
            isAnswered = true;
            world.Trace.Add($"{world.Clock} {process.Machine.Name} removes {machine.Name}: {answer} {why}");
            Answered(answer);
        });
        Watch();

        // Nobody hears the answer of one that has died.
        void Watch() => world.After(TimeSpan.FromSeconds(1), () =>
        {
            if (isAnswered) return;
            if (!process.IsDead)
            {
                Watch();
                return;
            }
            isAnswered = true;
            AskAgain();
        });
    }

    private async Task<(Answer Answer, string Why)> AskAsync(Process process)
    {
        var plan = Cluster.Plan;
        var settle = 2 * plan.TickInterval * plan.Raft.ElectionTicks + TimeSpan.FromSeconds(1);
        var removal = new StoreNodeRemoval(process.Machine.Store, process.StatusAsync, process.Peers, process.Actors.Others,
            process.Actors.Placement, settle, process.Clock);
        try
        {
            var (_, left) = await removal.RemoveAsync(machine.Store, CancellationToken.None);
            return left is null ? (Answer.Removed, "") : (Answer.Left, left);
        }
        catch (PlacementUnavailableException unavailable)
        {
            return (Answer.Left, unavailable.Message);
        }
        catch (RegistryRefusedException refused)
        {
            return (refused.Refusal.Kind is RegistryRefusalKind.HasReplicas or RegistryRefusalKind.LastStore
                ? Answer.Refused : Answer.Left, refused.Message);
        }
    }

    private void Answered(Answer answer)
    {
        world.Marks.HitIf(answer == Answer.Removed, NodeMark.StoreRemoved);
        world.Marks.HitIf(answer == Answer.Refused, NodeMark.RemovalRefused);
        if (answer == Answer.Left || (answer == Answer.Refused && isGone)) AskAgain();
        else ended(answer == Answer.Removed);
    }

    private void AskAgain() => world.After(TimeSpan.FromMilliseconds(200 + random.Next(800)), Begin);

    private enum Answer { Removed, Refused, Left }
}
