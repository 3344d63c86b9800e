using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.AspNetCore.WebUtilities;
using TinyKv.Actors.Transport.Remoting;

namespace TinyKv.Server.StatusPages;

/// <summary>One connection to the status port: at first a socket, and Kestrel's connection if it is to serve it.</summary>
/// <param name="socket">Is closed with it.</param>
internal sealed class StatusCaller(Socket socket)
{
    private readonly Lock _lock = new();
    private readonly long _since = Stopwatch.GetTimestamp();
    private ConnectionLedger.Place? _place;
    private ConnectionContext? _connection;
    private bool _isClosed;

    /// <summary>From where.</summary>
    public EndPoint? Address { get; } = socket.RemoteEndPoint;

    /// <summary>How long it has been there.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_since);

    /// <summary>Takes a place among the connections of the port; loses it when another needs it more.</summary>
    public void Enter(ConnectionLedger ledger, Action makesRoom)
    {
        _place = ledger.Enter((Address as IPEndPoint)?.Address ?? IPAddress.None, () =>
        {
            makesRoom();
            Close();
        });
    }

    /// <summary>What it asks for; null when it has gone. Takes nothing from the socket.</summary>
    /// <param name="buffer">Room for a request; a caller that needs more is asking for something else.</param>
    public StatusRequest? Look(byte[] buffer)
    {
        try
        {
            var count = socket.Receive(buffer, 0, buffer.Length, SocketFlags.Peek, out var error);
            return error switch
            {
                SocketError.WouldBlock => StatusRequest.Unfinished,
                SocketError.Success when count == buffer.Length => StatusRequest.Other,
                SocketError.Success when count > 0 => StatusRequests.Read(buffer.AsSpan(0, count)),
                _ => null,
            };
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Answers and closes. What was sent is read first: a socket that is closed over unread bytes resets the
    /// connection, and the answer with it.</summary>
    public void Answer(int code, string text, byte[] buffer)
    {
        try
        {
            socket.Receive(buffer);
            // It fits into the buffer of a socket that has sent nothing yet.
            socket.Send(Response(code, text, withBody: buffer[0] != (byte)'H'));
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has gone.
        }
        Close();
    }

    /// <summary>The connection for Kestrel; null when it has gone. Its place is among the features.</summary>
    public ConnectionContext? Serve(SocketConnectionContextFactory connections)
    {
        lock (_lock)
        {
            if (_isClosed) return null;
            try
            {
                _connection = connections.Create(socket);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                Close();
                return null;
            }
            _connection.Features.Set(_place);
            return _connection;
        }
    }

    /// <summary>Ends it, whoever has it.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            _place?.Dispose();
            if (_connection is null) socket.Dispose();
            else _connection.Abort();
        }
    }

    private static byte[] Response(int code, string text, bool withBody) => Encoding.UTF8.GetBytes(
        $"HTTP/1.1 {code} {ReasonPhrases.GetReasonPhrase(code)}\r\nDate: {DateTime.UtcNow:R}\r\nConnection: close\r\n"
        + $"Content-Type: text/plain\r\nContent-Length: {Encoding.UTF8.GetByteCount(text)}\r\n\r\n{(withBody ? text : "")}");
}
