using TinyKv.Benchmarks.Targets;

namespace TinyKv.Benchmarks.Load;

/// <summary>Operations on a target, from many tasks at once.</summary>
internal interface IWorkload
{
    /// <summary>How many keys one operation touches.</summary>
    int KeysPerOperation { get; }

    /// <summary>Does one operation, and says which it was.</summary>
    Task<string> RunAsync(ITarget target, CancellationToken cancellation);
}
