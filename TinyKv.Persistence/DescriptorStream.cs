using System.Runtime.InteropServices;

namespace TinyKv.Persistence;

/// <summary>
/// Writes to a file descriptor that this process was given, at the position that it shares with others. .NET's own stream
/// keeps a position of its own, and writes over what others have written to the same file meanwhile.
/// </summary>
public sealed partial class DescriptorStream(int descriptor) : Stream
{
    // Of Linux; elsewhere none of them is what is returned for a full pipe or a signal.
    private const int Interrupted = 4;
    private const int TryAgain = 11;

    private static readonly TimeSpan FullPipe = TimeSpan.FromMilliseconds(10);

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw Unsupported();

    /// <inheritdoc/>
    public override long Position { get => throw Unsupported(); set => throw Unsupported(); }

    /// <inheritdoc/>
    /// <exception cref="IOException">Not all of it was written.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = Write(descriptor, buffer, buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }
            var error = Marshal.GetLastPInvokeError();
            if (error == TryAgain) Thread.Sleep(FullPipe);
            else if (error != Interrupted) throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw Unsupported();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw Unsupported();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw Unsupported();

    private static InvalidOperationException Unsupported() => new("a descriptor is only written to");

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> buffer, nint count);
}
