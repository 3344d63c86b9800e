namespace TinyKv.Tests.Golden;

public sealed class GoldenTests
{
    public static TheoryData<string> RaftScripts => [.. GoldenFile.NamesIn("raft")];

    [Theory]
    [MemberData(nameof(RaftScripts))]
    public void A_raft_script_produces_its_trace(string name)
    {
        var golden = GoldenFile.Open("raft", name);
        golden.Verify(new ScriptRunner().Run(golden.Script));
    }

    [Fact]
    public void A_misspelt_command_is_refused_with_its_line() =>
        Assert.Contains(
            "line 2: vote n1",
            Assert.Throws<FormatException>(() => new ScriptRunner().Run("cluster n1\nvote n1\n")).Message,
            StringComparison.Ordinal);
}
