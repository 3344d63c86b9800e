using System.Globalization;
using System.Text;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.Hosting;
using TinyKv.Client;

namespace Embedded;

/// <summary>Counts, in the store, how often the application was started, and lets an actor say so.</summary>
internal sealed class VisitCounter(IRawClient store, IRequiredActor<Greeter> greeter, IHostApplicationLifetime lifetime)
    : BackgroundService
{
    private static readonly byte[] Key = "visits"u8.ToArray();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var before = await store.GetAsync(Key, cancellation: stoppingToken) is { } bytes
            ? int.Parse(Encoding.UTF8.GetString(bytes), CultureInfo.InvariantCulture) : 0;
        await store.PutAsync(
            Key, Encoding.UTF8.GetBytes((before + 1).ToString(CultureInfo.InvariantCulture)), cancellation: stoppingToken);
        Console.WriteLine(await greeter.ActorRef.Ask<string>(new Visit(before + 1), stoppingToken));
        lifetime.StopApplication();
    }
}
