using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TinyKv.Server.Stores;

/// <summary>What the ports say of the store's health; each reads a few fields and waits for nothing.</summary>
internal static class StoreHealth
{
    /// <summary>The name of the check of liveness.</summary>
    public const string LiveCheck = "live";

    /// <summary>The name of the check of readiness.</summary>
    public const string ReadyCheck = "ready";

    /// <summary>Live means that the process answers and continues; a store that lost its leader must not be restarted for
    /// it.</summary>
    public static HealthCheckResult Live(StoreGate gate) =>
        gate.Failure is { } reason ? HealthCheckResult.Unhealthy($"ended: {reason}") : HealthCheckResult.Healthy("live");

    /// <summary>Ready means that the store can be expected to serve.</summary>
    public static HealthCheckResult Ready(StoreGate gate) =>
        gate.WhyNotReady is { } reason ? HealthCheckResult.Unhealthy($"not ready: {reason}") : HealthCheckResult.Healthy("ready");
}
