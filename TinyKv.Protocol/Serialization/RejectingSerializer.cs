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
public class RejectingSerializer : SerializerWithStringManifest
{
    /// <summary>Called by Akka, which has settings for the name <c>json</c> and passes them along.</summary>
    public RejectingSerializer(ExtendedActorSystem system, Config settings) : base(system) => _ = settings;

    /// <summary>For those that take the place of others.</summary>
    protected RejectingSerializer(ExtendedActorSystem system) : base(system) { }

    /// <summary>The number of the serializer that is replaced.</summary>
    public override int Identifier => 1;

    /// <summary>What is refused.</summary>
    protected virtual string Format => "JSON";

    /// <inheritdoc/>
    public sealed override string Manifest(object o) => "";

    /// <inheritdoc/>
    public sealed override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType()} has no serializer; {Format} is switched off");

    /// <inheritdoc/>
    public sealed override object FromBinary(byte[] bytes, string manifest) =>
        throw new SerializationException($"refused to read '{manifest}' from {Format}");
}

/// <summary>Takes the place of the serializer that reads any protobuf message by the name of its type.</summary>
public sealed class RejectingProtobufSerializer(ExtendedActorSystem system) : RejectingSerializer(system)
{
    /// <inheritdoc/>
    public override int Identifier => 2;

    /// <inheritdoc/>
    protected override string Format => "protobuf by type name";
}

/// <summary>Takes the place of the serializer of remote deployment: nobody outside creates actors here.</summary>
public sealed class RejectingDeploySerializer(ExtendedActorSystem system) : RejectingSerializer(system)
{
    /// <inheritdoc/>
    public override int Identifier => 3;

    /// <inheritdoc/>
    protected override string Format => "remote deployment";
}
