using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Protocol.Serialization;

/// <summary>
/// A <see cref="RaftBatch"/> as it arrived. One actor per connection deserialises for all regions, so the
/// work of parsing is left to the actor that the batch is for.
/// </summary>
public sealed record EncodedRaftBatch(ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The batch.</summary>
    /// <exception cref="MalformedMessageException">The bytes are something else.</exception>
    public RaftBatch Parse() => WireCodec.Parse(RaftBatch.Parser, Bytes);

    /// <inheritdoc/>
    public bool Equals(EncodedRaftBatch? other) =>
        other is not null && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => Bytes.Length;
}
