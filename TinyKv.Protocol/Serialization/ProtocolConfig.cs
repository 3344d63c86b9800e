using Akka.Configuration;

namespace TinyKv.Protocol.Serialization;

/// <summary>The configuration that this project brings along.</summary>
public static class ProtocolConfig
{
    /// <summary>Serializers and bindings, for all that talk to a store or read a journal.</summary>
    public static Config Reference { get; } =
        ConfigurationFactory.FromResource("TinyKv.Protocol.reference.conf", typeof(ProtocolConfig).Assembly);
}
