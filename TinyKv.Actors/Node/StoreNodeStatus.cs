using System.Collections.Immutable;
using System.Reflection;
using Akka.Actor;
using Akka.Cluster;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Transport;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Admin.V1;
using Meta = TinyKv.Protocol.Wire.Meta;
using Proto = TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Actors.Node;

/// <summary>Puts together what a store tells people and tools about itself.</summary>
internal sealed class StoreNodeStatus(
    TinyKvSettings settings, ulong clusterId, ActorSystem system, Func<ImmutableArray<StoreAddress>> stores,
    StoreActors actors)
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The status of the store.</summary>
    public async Task<StoreStatusResponse> ReadAsync(bool ready, CancellationToken cancellation)
    {
        var status = new StoreStatusResponse
        {
            ClusterId = clusterId,
            ClusterName = settings.ClusterName,
            StoreId = settings.StoreId.Value,
            GrpcEndpoint = settings.Self.Grpc,
            StatusEndpoint = settings.Self.Status,
            RemotingEndpoint = settings.Self.Remoting,
            ProcessId = Environment.ProcessId,
            Version = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "",
            Journal = settings.Journal,
            Ready = ready,
            ClusterMemberStatus = NameOf(Cluster.Get(system).SelfMember.Status),
        };
        foreach (var address in stores())
        {
            status.Stores.Add(new Meta.Store { Id = address.Id.Value, Address = address.Grpc });
            status.RemotingEndpoints.Add(address.Id.Value, address.Remoting);
        }
        var known = await actors.Introducer.Ask<Acquaintance>(DescribeAcquaintance.Instance, AskTimeout, cancellation);
        (status.Formed, status.DataDirectory, status.Starts) =
            (known.Record.IsFormed, known.Record.Directory.ToString(), known.Record.Starts);
        status.Acquaintances.AddRange(known.Others.Select(other => new StoreAcquaintance
        {
            StoreId = other.Store.Value,
            State = other.State,
            Reason = other.Reason,
        }));
        status.Snapshots.AddRange(await SnapshotsAsync(cancellation));
        var replicas = await actors.Store.Ask<ReplicaRefs>(ListReplicas.Instance, AskTimeout, cancellation);
        status.Peers.AddRange(await Task.WhenAll(replicas.Regions.Select(region => AskAsync(region, cancellation))));
        return status;
    }

    // Who reads and writes snapshots may be busy on a slow disk.
    private async Task<IEnumerable<SnapshotStatus>> SnapshotsAsync(CancellationToken cancellation)
    {
        try
        {
            var under = await actors.Snapshots.Ask<SnapshotsUnderWay>(DescribeSnapshots.Instance, AskTimeout, cancellation);
            return under.Snapshots.Where(each => each.IsIncoming).Select(each => new SnapshotStatus
            {
                RegionId = each.Region.Value,
                FromStoreId = each.Other.Value,
                Bytes = each.Bytes,
                TotalBytes = each.TotalBytes,
            });
        }
        catch (AskTimeoutException)
        {
            return [];
        }
    }

    // A replica that is being restarted may not answer; the others' state is worth telling.
    private static async Task<PeerStatus> AskAsync(ReplicaRef region, CancellationToken cancellation)
    {
        try
        {
            return Describe(await region.Actor.Ask<ReplicaStatus>(DescribeReplica.Instance, AskTimeout, cancellation));
        }
        catch (AskTimeoutException)
        {
            return Describe(new ReplicaStatus(region.Region, region.Self, 0, null));
        }
    }

    /// <summary>What a replica says of itself, as it is told to others.</summary>
    public static PeerStatus Describe(ReplicaStatus replica)
    {
        var own = replica.Region.PeerWith(replica.Self.Id) ?? replica.Self;
        var status = new PeerStatus
        {
            Region = RegionErrors.ToWire(replica.Region),
            Peer = RegionErrors.ToWire(own),
            Role = "recovering",
            AppliedIndex = replica.Applied,
        };
        if (replica.StoppedBecause is { } reason) (status.Role, status.StoppedBecause) = ("stopped", reason);
        if (replica.Raft is not { } raft) return status;
        status.Role = own.Role == MemberRole.Learner ? "learner" : NameOf(raft.Role);
        status.LeaderStoreId = (replica.Region.PeerWith(raft.Leader)?.Store ?? StoreId.None).Value;
        status.Term = raft.Term;
        status.CommitIndex = raft.Commit;
        status.FirstIndex = raft.FirstIndex;
        status.LastIndex = raft.LastIndex;
        status.LogBytes = raft.LogBytes;
        status.RefusedMessages = raft.Refusals;
        status.LastRefusal = raft.LastRefusal;
        foreach (var loss in raft.DataLosses)
            status.DataLosses.Add(new Proto.DataLoss
            {
                StoreId = (replica.Region.PeerWith(loss.Member)?.Store ?? StoreId.None).Value,
                AcknowledgedIndex = loss.Acknowledged.Index,
                HeldIndex = loss.Held.Index,
            });
        return status;
    }

    // A store that is not in yet looks removed to itself; one that was removed ends.
    private static string NameOf(MemberStatus status) =>
        (status == MemberStatus.Removed ? MemberStatus.Joining : status).ToString().ToLowerInvariant();

    private static string NameOf(RoleKind role) => role switch
    {
        RoleKind.Leader => "leader",
        RoleKind.Follower => "follower",
        RoleKind.PreCandidate => "pre-candidate",
        _ => "candidate",
    };
}
