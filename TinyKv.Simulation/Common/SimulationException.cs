using TinyKv.Core;

namespace TinyKv.Simulation.Common;

/// <summary>What was asked for cannot be done, or a planted bug was not found. The message says why.</summary>
public sealed class SimulationException(string message) : TinyKvException(message);
