using Akka.Configuration;

namespace TinyKv.Persistence;

/// <summary>The defaults of this project.</summary>
public static class PersistenceConfig
{
    /// <summary>The embedded reference.conf.</summary>
    public static Config Reference { get; } =
        ConfigurationFactory.FromResource(
            "TinyKv.Persistence.reference.conf", typeof(PersistenceConfig).Assembly);
}
