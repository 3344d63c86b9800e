// An application with a store inside: it keeps a counter in the store, and an actor of its own beside the store's.
using Akka.Actor;
using Akka.Hosting;
using Embedded;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TinyKv.Hosting;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.AddFilter("Akka", LogLevel.Warning);
builder.Logging.AddFilter("TinyKv", LogLevel.Warning);
builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
builder.Services.AddTinyKv(
    options =>
    {
        options.ClusterName = "embedded-sample";
        options.StoreId = 1;
        options.DataDirectory = args is [var directory, ..] ? directory : "./embedded-data";
        // Ports that the playground does not use, so that both can run.
        options.Stores.Add(new TinyKvStore
        {
            Id = 1,
            GrpcPort = 21160,
            StatusPort = 21180,
            RemotingPort = 5053,
            RaftPort = 5073,
        });
    },
    (akka, _) => akka.WithActors((system, registry) =>
        registry.Register<Greeter>(system.ActorOf(Props.Create<Greeter>(), "greeter"))));
builder.Services.AddHostedService<VisitCounter>();
await builder.Build().RunAsync();
