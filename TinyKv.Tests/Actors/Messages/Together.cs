using System.Threading.Channels;
using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Messages;

/// <summary>Some who ask together, and what they were told, delivery by delivery.</summary>
internal sealed class Together(IActorRefProvider provider) : AnswerGroup
{
    private readonly Channel<List<(AskedTogether Asker, object Answer)>> _deliveries =
        Channel.CreateUnbounded<List<(AskedTogether, object)>>();

    public Together(ActorSystem system) : this(((ExtendedActorSystem)system).Provider)
    {
    }

    /// <summary>One more who asks.</summary>
    public AskedTogether Member() => new Asker(this, provider);

    /// <summary>A message of these requests, each asked by another.</summary>
    public RegionBatch Ask(params IEnumerable<RegionRequest> requests) =>
        new(RegionId.First, [.. requests.Select(request => new AskedRequest(Member(), request))]);

    /// <summary>What is told next.</summary>
    public async Task<List<(AskedTogether Asker, object Answer)>> NextAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return await _deliveries.Reader.ReadAsync(limit.Token);
    }

    /// <summary>Everything that was told so far.</summary>
    public IEnumerable<List<(AskedTogether Asker, object Answer)>> Deliveries()
    {
        while (_deliveries.Reader.TryRead(out var delivery)) yield return delivery;
    }

    protected override void Delivered(List<(AskedTogether Asker, object Answer)> answers) =>
        _deliveries.Writer.TryWrite(answers);

    private sealed class Asker(AnswerGroup group, IActorRefProvider provider) : AskedTogether(group, provider);
}
