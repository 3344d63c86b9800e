using TinyKv.Core;

namespace TinyKv.Tests.Core;

public sealed class SimilarTests
{
    [Theory]
    [InlineData("get", "get", 0)]
    [InlineData("gte", "get", 1)]
    [InlineData("gt", "get", 1)]
    [InlineData("geet", "get", 1)]
    [InlineData("set", "get", 1)]
    [InlineData("", "get", 3)]
    public void A_letter_put_in_left_out_replaced_or_swapped_counts_as_one(string from, string to, int distance) =>
        Assert.Equal(distance, Similar.Distance(from, to));

    [Theory]
    [InlineData("statsu", "status")]
    [InlineData("plyagruond", "playground")]
    [InlineData("frob", null)]
    [InlineData("x", null)]
    public void Only_what_is_like_a_word_is_suggested(string word, string? suggestion) =>
        Assert.Equal(suggestion, Similar.Nearest(word, ["status", "get", "playground"]));
}
