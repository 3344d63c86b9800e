using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace TinyKv.Protocol.Serialization;

/// <summary>
/// Akka's serializer for small messages of its own, cut down to those that a store needs: finding an actor, and signs
/// of life. The others stop actors (PoisonPill, Kill) or create objects of types that the bytes name (failures,
/// router settings).
/// </summary>
public sealed class GuardedMiscSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly string[] Allowed = ["ID", "AID", "RWHB", "RWHR"];

    private readonly MiscMessageSerializer _inner = new(system);

    /// <summary>The number of the serializer that is replaced.</summary>
    public override int Identifier => 16;

    /// <inheritdoc/>
    public override string Manifest(object o) => _inner.Manifest(o);

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj)
    {
        Require(Manifest(obj));
        return _inner.ToBinary(obj);
    }

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        Require(manifest);
        try
        {
            return _inner.FromBinary(bytes, manifest);
        }
        catch (Exception e)
        {
            // Akka.Remote closes the connection for any other kind.
            throw new MalformedMessageException($"no message of Akka's with the manifest '{manifest}': {e.Message}", e);
        }
    }

    private static void Require(string manifest)
    {
        if (!Allowed.Contains(manifest, StringComparer.Ordinal))
            throw new SerializationException($"refused Akka's message '{manifest}': it does not cross to other systems");
    }
}
