using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace TinyKv.Protocol.Serialization;

/// <summary>
/// Takes the place of Akka's JSON serializer, whose bytes name the types to create: whoever can open a
/// connection could create any. The setting that refuses unregistered types guards only what is
/// written, hence this.
/// </summary>
/// <remarks>It has string manifests so that Akka does not look up the type that a manifest names.</remarks>
public sealed class RejectingSerializer : SerializerWithStringManifest
{
    /// <summary>Called by Akka, which has settings for the name <c>json</c> and passes them along.</summary>
    public RejectingSerializer(ExtendedActorSystem system, Config settings) : base(system) => _ = settings;

    /// <summary>The number of the serializer that is replaced.</summary>
    public override int Identifier => 1;

    /// <inheritdoc/>
    public override string Manifest(object o) => "";

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType()} has no serializer; JSON is switched off");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) =>
        throw new SerializationException($"refused to read '{manifest}' from JSON");
}
