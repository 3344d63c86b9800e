using TinyKv.Persistence;
using TinyKv.Testing;

namespace TinyKv.Tests.Persistence;

public sealed class FailureCauseTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("IO error: No space left on device: While appending to file: /d/000008.log: No space left on device")]
    [InlineData("SQLite Error 13: 'database or disk is full'.")]
    [InlineData("Disk quota exceeded : '/d/x'")]
    public void A_full_disk_is_named_with_its_directory_and_what_is_free(string message)
    {
        var failure = new IOException("the journal has failed", new InvalidOperationException(message));

        var text = FailureCause.Describe(failure, _directory.Path);

        Assert.StartsWith($"the disk of {_directory.Path} was full, ", text, StringComparison.Ordinal);
        Assert.Matches(@"\d+ MiB of \d+ MiB are free now", text);
        Assert.EndsWith($"({message})", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lack_of_memory_is_named_with_what_is_in_use()
    {
        var failure = new InvalidOperationException("the constructor has failed", new OutOfMemoryException());

        Assert.Matches(
            @"^out of memory: \d+ MiB are in use, \d+ MiB may be \(", FailureCause.Describe(failure, _directory.Path));
    }

    [Fact]
    public void Of_anything_else_the_innermost_message_is_told() => Assert.Equal(
        "Corruption: block checksum mismatch",
        FailureCause.Describe(
            new AggregateException(new IOException("outer", new IOException("Corruption: block checksum mismatch"))),
            _directory.Path));
}
