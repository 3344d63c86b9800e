using TinyKv.Client;
using TinyKv.Testing.Linearizability;

namespace TinyKv.Faults.Workload;

/// <summary>How a client of the load reaches the stores.</summary>
internal interface IWorkloadClient : IAsyncDisposable
{
    /// <summary>Its name, for people.</summary>
    string Name { get; }

    /// <summary>Makes a call.</summary>
    /// <exception cref="TinyKvUnavailableException">It was not done.</exception>
    /// <exception cref="TinyKvUndeterminedException">It may have been done, or be done later.</exception>
    Task<RegisterOutput> CallAsync(string key, RegisterInput input, CancellationToken cancellation);
}
