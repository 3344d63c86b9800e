using System.Text;
using TinyKv.Host.Output;

namespace TinyKv.Tests.Host.Output;

public sealed class LossyWriterTests : IDisposable
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly Output _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public void What_is_written_arrives_in_order()
    {
        using var writer = new LossyWriter(_output);
        writer.WriteLine("a");
        writer.Write('b');
        writer.Write("ü\n".ToCharArray());

        Assert.True(writer.Drain(WaitTimeout));
        Assert.Equal("a\nbü\n", _output.Text);
    }

    [Fact]
    public void Nobody_waits_for_an_output_that_is_stuck_and_what_it_misses_is_counted()
    {
        using var writer = new LossyWriter(_output, capacity: 10);
        _output.Hold();
        writer.Write("first\n");
        _output.AwaitWrite();
        writer.Write("second\n");
        writer.Write("third, too much\n");
        writer.Write("fourth, too much\n");
        Assert.False(writer.Drain(TimeSpan.Zero));
        Assert.Equal(2, writer.Lost);

        _output.Release();

        Assert.True(writer.Drain(WaitTimeout));
        Assert.Equal(
            "first\n... 2 messages are missing around here: the output did not take them\nsecond\n", _output.Text);
        Assert.Equal(0, writer.Lost);
    }

    [Fact]
    public void An_output_that_fails_loses_what_it_was_given_and_gets_what_comes_when_it_works_again()
    {
        using var writer = new LossyWriter(_output);
        _output.Fails = true;
        writer.Write("lost\n");
        writer.Write("as well\n");
        Assert.True(writer.Drain(WaitTimeout));
        Assert.Equal(2, writer.Lost);
        _output.Fails = false;

        writer.Write("here again\n");

        Assert.True(writer.Drain(WaitTimeout));
        Assert.Equal("... 2 messages are missing around here: the output did not take them\nhere again\n", _output.Text);
    }

    private sealed class Output : MemoryStream
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);
        private readonly SemaphoreSlim _arrived = new(0);

        public bool Fails { get; set; }

        public string Text => Encoding.UTF8.GetString(ToArray());

        public void Hold() => _open.Reset();

        public void Release() => _open.Set();

        public void AwaitWrite() => Assert.True(_arrived.Wait(WaitTimeout));

        // A memory stream that was derived from comes here with all that is written.
        public override void Write(byte[] buffer, int offset, int count)
        {
            _arrived.Release();
            _open.Wait();
            if (Fails) throw new IOException("No space left on device");
            base.Write(buffer, offset, count);
        }
    }
}
