using TinyKv.Core;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Core.Raft.Membership;

/// <summary>What becomes of a change, from the members alone. Members are written as peer/store, learners with an l.</summary>
public sealed class ConfChangeTests
{
    [Theory]
    [InlineData("1/1", "add 2/2", "1/1 2/2l")]
    [InlineData("2/1 4/2", "add 3/3", "2/1 3/3l 4/2")]
    [InlineData("1/1 2/2l", "add 2/2", "done")]
    [InlineData("1/1 2/2", "add 2/2", "done")] // promoted meanwhile
    [InlineData("1/1 2/2", "add 2/3", "PeerIdUsed")]
    [InlineData("1/1 2/2", "add 3/2", "StoreHasPeer")]
    [InlineData("1/1 2/2l", "promote 2", "1/1 2/2")]
    [InlineData("1/1 2/2", "promote 2", "done")]
    [InlineData("1/1", "promote 2", "NoSuchPeer")]
    [InlineData("1/1 2/2 3/3", "remove 1", "2/2 3/3")]
    [InlineData("1/1 2/2", "remove 1", "2/2")]
    [InlineData("1/1 2/2l", "remove 2", "1/1")]
    [InlineData("1/1 2/2l", "remove 1", "LastVoter")]
    [InlineData("1/1", "remove 1", "LastVoter")]
    [InlineData("1/1", "remove 2", "done")]
    public void A_change_of_members(string members, string change, string expected) =>
        Assert.Equal(expected, Show(Parse(change).Apply(Members(members))));

    [Fact]
    public void There_is_a_bound_of_members()
    {
        var full = new Configuration(Enumerable.Range(1, Configuration.MaxMembers).Select(
            i => new Peer(new PeerId((ulong)i), new StoreId((ulong)i))));

        Assert.Equal("TooManyMembers", Show(Parse("add 99/99").Apply(full)));
    }

    [Theory]
    [InlineData("1/1 1/2")]
    [InlineData("1/1 2/1")]
    [InlineData("0/1")]
    [InlineData("1/0")]
    [InlineData("1/1l")]
    [InlineData("")]
    public void Members_that_contradict_each_other_are_no_configuration(string members) =>
        Assert.Throws<InvariantViolationException>(() => Members(members));

    [Theory]
    [InlineData("1/7")]
    [InlineData("1/7l 2/5 300/9")]
    public void A_configuration_survives_its_encoding(string members)
    {
        var bytes = ConfigurationCodec.Encode(Members(members));

        Assert.Null(ConfigurationCodec.Contradiction(bytes));
        Assert.Equal(Members(members), ConfigurationCodec.Decode(bytes));
    }

    [Fact]
    public void The_bytes_of_a_configuration_never_change() => Assert.Equal(
        "0000000000000001" + "0000000000000007" + "01" + "000000000000012C" + "0000000000000002" + "00",
        Convert.ToHexString(ConfigurationCodec.Encode(Members("1/7l 300/2"))));

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(18)]
    [InlineData(33 * 17)]
    public void Bytes_of_another_length_are_no_configuration(int length) =>
        Assert.NotNull(ConfigurationCodec.Contradiction(new byte[length]));

    [Fact]
    public void An_unknown_role_is_no_configuration()
    {
        var bytes = ConfigurationCodec.Encode(Members("1/1"));
        bytes[16] = 2;

        Assert.Equal("a member has the role 2", ConfigurationCodec.Contradiction(bytes));
        Assert.Throws<InvariantViolationException>(() => ConfigurationCodec.Decode(bytes));
    }

    internal static Configuration Members(string text) =>
        new(text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Member));

    private static Peer Member(string text)
    {
        var numbers = text.TrimEnd('l').Split('/').Select(ulong.Parse).ToArray();
        var role = text.EndsWith('l') ? MemberRole.Learner : MemberRole.Voter;
        return new Peer(new PeerId(numbers[0]), new StoreId(numbers[1]), role);
    }

    private static ConfChange Parse(string text) => text.Split(' ', '/') switch
    {
        ["add", var peer, var store] => new ConfChange.AddLearner(Id(peer), new StoreId(ulong.Parse(store))),
        ["promote", var peer] => new ConfChange.Promote(Id(peer)),
        ["remove", var peer] => new ConfChange.Remove(Id(peer)),
        _ => throw new FormatException(text),
    };

    private static PeerId Id(string text) => new(ulong.Parse(text));

    private static string Show(ConfChangeOutcome outcome) => outcome switch
    {
        ConfChangeOutcome.AlreadyDone => "done",
        ConfChangeOutcome.Refused refused => $"{refused.Reason}",
        ConfChangeOutcome.Accepted(var next) => string.Join(' ', next.Members.Select(member =>
            $"{member.Id.Value}/{member.Store.Value}{(member.Role == MemberRole.Learner ? "l" : "")}")),
        _ => throw new FormatException($"{outcome}"),
    };
}
