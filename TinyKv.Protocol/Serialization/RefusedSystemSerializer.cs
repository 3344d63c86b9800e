using Akka.Actor;
using Akka.Serialization;

namespace TinyKv.Protocol.Serialization;

/// <summary>
/// Takes the place of the serializer for Akka's system messages, which stop actors, tell them that others have died,
/// and carry failures of any type. Stores do not watch each other's actors; none needs to cross.
/// </summary>
/// <remarks>
/// What arrives becomes a message that no actor handles, and what leaves is empty. An exception would break the
/// connection: Akka.Remote delivers system messages again until they are taken.
/// </remarks>
public sealed class RefusedSystemSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The number of the serializer that is replaced.</summary>
    public override int Identifier => 22;

    /// <inheritdoc/>
    public override string Manifest(object o) => "";

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => [];

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => RefusedSystemMessage.Instance;
}

/// <summary>What became of a system message from another system.</summary>
public sealed class RefusedSystemMessage
{
    /// <summary>They are all alike.</summary>
    public static RefusedSystemMessage Instance { get; } = new();

    private RefusedSystemMessage() { }
}
