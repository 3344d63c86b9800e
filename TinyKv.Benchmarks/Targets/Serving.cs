using TinyKv.Testing.Processes;

namespace TinyKv.Benchmarks.Targets;

/// <summary>Clients of a system that has just been started.</summary>
internal static class Serving
{
    /// <summary>Connects when the members serve writes.</summary>
    public static async Task<ITarget> ConnectAsync(
        this ServerGroup members, TargetKind kind, int connections, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var target = await kind.Connect(members.Endpoints, connections, cancellation);
                await target.PutAsync("ready"u8.ToArray(), "ready"u8.ToArray(), cancellation);
                return target;
            }
            catch (Exception) when (!cancellation.IsCancellationRequested)
            {
                await Task.Delay(100, cancellation); // not up yet
            }
        }
    }
}
