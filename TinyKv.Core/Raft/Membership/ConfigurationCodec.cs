using System.Buffers.Binary;
using System.Collections.Immutable;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Raft.Membership;

/// <summary>
/// Configurations as bytes, in entries and journals: for each member, ascending, its peer and its store (8 bytes each, big
/// endian) and its role (1 byte). They live on disks: the form never changes.
/// </summary>
public static class ConfigurationCodec
{
    private const int MemberBytes = 17;

    /// <summary>The bytes of a configuration.</summary>
    public static byte[] Encode(Configuration configuration)
    {
        var bytes = new byte[configuration.Members.Length * MemberBytes];
        for (var i = 0; i < configuration.Members.Length; i++)
        {
            var member = configuration.Members[i];
            var at = bytes.AsSpan(i * MemberBytes);
            BinaryPrimitives.WriteUInt64BigEndian(at, member.Id.Value);
            BinaryPrimitives.WriteUInt64BigEndian(at[8..], member.Store.Value);
            at[16] = (byte)member.Role;
        }
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="InvariantViolationException">The bytes are something else.</exception>
    public static Configuration Decode(ReadOnlySpan<byte> bytes)
    {
        var contradiction = Contradiction(bytes);
        Invariant.Holds(contradiction is null, $"not a configuration: {contradiction}");
        return new Configuration(Members(bytes));
    }

    /// <summary>Why the bytes are no configuration, or null when they are one.</summary>
    public static string? Contradiction(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % MemberBytes != 0 || bytes.Length > Configuration.MaxMembers * MemberBytes)
            return $"{bytes.Length} bytes are not those of members";
        for (var at = MemberBytes - 1; at < bytes.Length; at += MemberBytes)
            if (bytes[at] > (byte)MemberRole.Learner) return $"a member has the role {bytes[at]}";
        return Configuration.Contradiction(Members(bytes));
    }

    private static ImmutableArray<Peer> Members(ReadOnlySpan<byte> bytes)
    {
        var members = ImmutableArray.CreateBuilder<Peer>(bytes.Length / MemberBytes);
        for (; !bytes.IsEmpty; bytes = bytes[MemberBytes..])
        {
            members.Add(new Peer(
                new PeerId(BinaryPrimitives.ReadUInt64BigEndian(bytes)),
                new StoreId(BinaryPrimitives.ReadUInt64BigEndian(bytes[8..])),
                (MemberRole)bytes[16]));
        }
        return members.MoveToImmutable();
    }
}
