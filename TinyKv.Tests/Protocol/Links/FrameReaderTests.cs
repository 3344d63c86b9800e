using Google.Protobuf;
using TinyKv.Protocol;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Tests.Protocol.Links;

public sealed class FrameReaderTests
{
    private static readonly byte[] Hello = new LinkHello { Refusal = new string('x', 300) }.ToByteArray();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    [InlineData(100_000)]
    public async Task Frames_are_read_in_whatever_pieces_they_come(int piece)
    {
        var large = new LinkHello { Refusal = new string('y', 50_000) };
        byte[] bytes = [.. FrameOf(Hello), .. Frame.Of(large), .. FrameOf(Hello)];
        var reader = new FrameReader(new Pieces(bytes, piece));

        Assert.Equal(Hello, await reader.ReadAsync(100_000, default));
        Assert.Equal(large.ToByteArray(), await reader.ReadAsync(100_000, default));
        Assert.Equal(Hello, await reader.ReadAsync(100_000, default));
        Assert.Null(await reader.ReadAsync(100_000, default));
    }

    [Theory]
    [InlineData(1001)]
    [InlineData(int.MaxValue)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_frame_of_an_impossible_length_is_not_waited_for(int length)
    {
        var reader = new FrameReader(new Pieces(BitConverter.GetBytes(length), 4));

        await Assert.ThrowsAsync<MalformedMessageException>(async () => await reader.ReadAsync(1000, default));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(50)]
    public async Task A_connection_that_ends_within_a_frame_has_broken(int after)
    {
        var reader = new FrameReader(new Pieces(FrameOf(Hello)[..after], 7));

        await Assert.ThrowsAnyAsync<IOException>(async () => await reader.ReadAsync(1000, default));
    }

    private static byte[] FrameOf(byte[] message) => [.. BitConverter.GetBytes(message.Length), .. message];

    private sealed class Pieces(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
