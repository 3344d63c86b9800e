using TinyKv.Actors.Transport.Remoting;
using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Links;

namespace TinyKv.Actors.Transport.Links;

/// <summary>
/// Takes connections of other stores, and hands on what comes over them. Who does not say in time who he is, or is nobody
/// who is listened to, is told so and hung up on. A store has one connection for each kind of traffic: the next takes the
/// place of one that is there still.
/// </summary>
/// <param name="spec">What connections are made from.</param>
/// <param name="rules">Who is listened to.</param>
/// <param name="report">Is told of who is not.</param>
/// <param name="deliver">Takes each frame.</param>
/// <param name="disconnected">Is told whose connection for Raft has ended, after its last batch, when no other has taken its
/// place; returns at once.</param>
internal sealed class LinkListener(
    LinkSpec spec, LinkRules rules, LinkReport report, Action<StoreId, LinkTraffic, byte[]> deliver,
    Action<StoreId> disconnected)
{
    private readonly Lock _lock = new();
    private readonly HashSet<Stream> _all = [];
    private readonly ConnectionLedger _silent = new(
        new ConnectionBounds(spec.MaxSilent, spec.MaxSilentPerAddress, Established: 0, EstablishedPerAddress: 0));
    private readonly Dictionary<(StoreId Store, LinkTraffic Traffic), (Stream Connection, long Number)> _open = [];
    private long _taken;
    private volatile bool _hasEnded;

    /// <summary>Takes connections until <see cref="End"/>.</summary>
    public async Task RunAsync()
    {
        while (!_hasEnded)
        {
            try
            {
                // In the order in which they come; what it says and does is not waited for.
                Begin(await spec.Network.AcceptAsync());
            }
            catch (OperationCanceledException) when (_hasEnded)
            {
                return;
            }
            catch (Exception e)
            {
                // Of which there is no end when the process has as many files open as it may.
                report.NotTaken(e);
                await Task.Delay(spec.ShortestPause, spec.Time);
            }
        }
    }

    /// <summary>Ends the connections of a store.</summary>
    public void Close(StoreId store)
    {
        lock (_lock)
        {
            foreach (var (from, open) in _open)
                if (from.Store == store) open.Connection.Close();
        }
    }

    /// <summary>Ends all connections.</summary>
    public void End()
    {
        lock (_lock)
        {
            _hasEnded = true;
            foreach (var connection in _all.ToList()) connection.Close();
        }
    }

    private void Begin(IncomingLink link)
    {
        lock (_lock)
        {
            if (!_hasEnded) _all.Add(link.Connection);
            else link.Connection.Close();
        }
        // Whoever connects may say who he is, however many do not.
        var place = _silent.Enter(link.From.Address, link.Connection.Close);
        var number = ++_taken;
        spec.Run(() => ServeAsync(link, number, place));
    }

    private async Task ServeAsync(IncomingLink link, long number, ConnectionLedger.Place place)
    {
        (StoreId Store, LinkTraffic Traffic)? from = null;
        try
        {
            var reader = new FrameReader(link.Connection);
            using (place) from = await IntroduceAsync(reader, link, number);
            if (from is not var (store, traffic)) return;
            while (await reader.ReadAsync(LinkRules.MaxBatchBytes, CancellationToken.None) is { } frame)
                deliver(store, traffic, frame);
        }
        catch (MalformedMessageException e)
        {
            report.Malformed(from?.Store, link.From, e);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            report.Lost(from?.Store, link.From, e);
        }
        catch (Exception e)
        {
            report.Failed($"a connection from {link.From}", e);
        }
        finally
        {
            Leave(link.Connection);
        }
    }

    private async Task<(StoreId Store, LinkTraffic Traffic)?> IntroduceAsync(FrameReader reader, IncomingLink link, long number)
    {
        using var limit = new CancellationTokenSource(spec.HelloTimeout, spec.Time);
        if (await reader.ReadAsync(LinkRules.MaxHelloBytes, limit.Token) is not { } frame) return null;
        var hello = Hello.Parse(frame);
        var refusal = rules.JudgeHello(hello);
        var from = (new StoreId(hello.FromStore), (LinkTraffic)hello.Traffic);
        if (refusal.Length == 0 && !Establish(from, link.Connection, number)) return null;
        await link.Connection.WriteAsync(Frame.Of(rules.AnswerTo(hello, refusal)), limit.Token);
        if (refusal.Length == 0) return from;
        report.RefusedHello(hello, link.From, refusal);
        return null;
    }

    // Whoever is slower to introduce himself over an earlier connection does not take the place of the later one.
    private bool Establish((StoreId Store, LinkTraffic Traffic) from, Stream connection, long number)
    {
        lock (_lock)
        {
            if (_open.TryGetValue(from, out var other) && other.Number > number) return false;
            _open[from] = (connection, number);
            other.Connection?.Close();
            return true;
        }
    }

    private void Leave(Stream connection)
    {
        lock (_lock)
        {
            _all.Remove(connection);
            foreach (var (from, open) in _open)
            {
                if (open.Connection != connection) continue;
                _open.Remove(from);
                // Before the next one can say anything.
                if (!_hasEnded && from.Traffic == LinkTraffic.Raft) disconnected(from.Store);
            }
        }
        connection.Close();
    }
}
