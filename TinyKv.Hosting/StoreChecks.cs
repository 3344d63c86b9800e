using Microsoft.Extensions.Diagnostics.HealthChecks;
using TinyKv.Actors.Node;

namespace TinyKv.Hosting;

/// <summary>Healthy as long as the store has not ended.</summary>
internal sealed class StoreLiveCheck(StoreNode node) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(node.Terminated.IsCompleted
            ? HealthCheckResult.Unhealthy(node.Terminated.Exception?.GetBaseException().Message ?? "the store has stopped")
            : HealthCheckResult.Healthy());
}

/// <summary>Healthy when every replica knows a leader and has caught up with it.</summary>
internal sealed class StoreReadyCheck(StoreNode node) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(node.IsReady
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy(node.Terminated.Exception?.GetBaseException().Message
                ?? "a replica knows no leader, or has not caught up with it"));
}
