using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TinyKv.Tests.Client;

/// <summary>Says the same to whoever has said something, and hangs up or hears on until they leave.</summary>
internal sealed class OtherServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OtherServer(string answer, bool hangsUp = false)
    {
        _listener.Start();
        _ = ServeAsync(Encoding.ASCII.GetBytes(answer), hangsUp);
    }

    public string Address => $"{_listener.LocalEndpoint}";

    /// <summary>Somebody has said something.</summary>
    public Task Asked => _asked.Task;

    public void Dispose() => _listener.Stop();

    private async Task ServeAsync(byte[] answer, bool hangsUp)
    {
        try
        {
            while (true) _ = AnswerAsync(await _listener.AcceptTcpClientAsync(), answer, hangsUp);
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client, byte[] answer, bool hangsUp)
    {
        using (client)
        {
            var stream = client.GetStream();
            var buffer = new byte[1024];
            try
            {
                if (await stream.ReadAsync(buffer) > 0)
                {
                    _asked.TrySetResult();
                    await stream.WriteAsync(answer);
                }
                while (!hangsUp && await stream.ReadAsync(buffer) > 0) { }
            }
            catch (IOException)
            {
                // Whoever asked has left.
            }
        }
    }
}
