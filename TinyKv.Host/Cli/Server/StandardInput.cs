namespace TinyKv.Host.Cli.Server;

/// <summary>Standard input as a sign of life: it ends when the parent that holds its other end does.</summary>
internal static class StandardInput
{
    /// <summary>Cancels <paramref name="stop"/> when standard input ends.</summary>
    public static void CancelAtEnd(CancellationTokenSource stop)
    {
        // A thread of its own: reads of standard input cannot be cancelled.
        var thread = new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            while (input.ReadByte() >= 0) { }
            try
            {
                stop.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The server has stopped already.
            }
        })
        { IsBackground = true, Name = "parent watch" };
        thread.Start();
    }
}
