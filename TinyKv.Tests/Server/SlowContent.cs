using System.Buffers.Binary;
using System.Net;

namespace TinyKv.Tests.Server;

/// <summary>A message of gRPC of which the rest comes later.</summary>
internal sealed class SlowContent : HttpContent
{
    private const int Beginning = 16 * 1024;

    private readonly byte[] _message;
    private readonly Task _rest;

    public SlowContent(byte[] message, Task rest)
    {
        (_message, _rest) = (message, rest);
        Headers.ContentType = new("application/grpc");
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        var prefix = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(prefix.AsSpan(1), _message.Length);
        await stream.WriteAsync(prefix);
        // Less would soon be less than the least rate.
        await stream.WriteAsync(_message.AsMemory(0, Beginning));
        await stream.FlushAsync();
        await _rest;
        await stream.WriteAsync(_message.AsMemory(Beginning));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
