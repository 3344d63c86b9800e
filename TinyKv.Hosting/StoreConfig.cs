using System.Text.Json;
using TinyKv.Actors.Node.Settings.Sources;
using TinyKv.Core;
using TinyKv.Server.Settings;

namespace TinyKv.Hosting;

/// <summary>Makes a store's configuration of an application's options.</summary>
internal static class StoreConfig
{
    private const string Name = nameof(TinyKvOptions);

    /// <summary>The options over the application's HOCON over the defaults.</summary>
    /// <exception cref="TinyKvException">The HOCON is malformed; names the line and the key.</exception>
    public static LoadedConfig Of(TinyKvOptions options) => new ConfigSources()
        .AddText($"{Name}.{nameof(options.Hocon)}", options.Hocon)
        .Add($"{Name}.{nameof(options.ClusterName)}", "tinykv.cluster.name", options.ClusterName)
        .Add($"{Name}.{nameof(options.Stores)}", "tinykv.cluster.stores",
            $"[ {string.Join(", ", options.Stores.Select(Render))} ]")
        .Add($"{Name}.{nameof(options.Join)}", "tinykv.cluster.join",
            $"[ {string.Join(", ", options.Join.Select(Quote))} ]")
        .Add($"{Name}.{nameof(options.StoreId)}", "tinykv.store.id", options.StoreId == 0 ? "" : $"{options.StoreId}")
        .Add($"{Name}.{nameof(options.DataDirectory)}", "tinykv.store.data-directory", options.DataDirectory)
        .Add($"{Name}.{nameof(options.BindHost)}", "tinykv.store.bind-host", options.BindHost)
        .Add($"{Name}.{nameof(options.Journal)}", "tinykv.journal", options.Journal)
        .Resolve(ServerConfiguration.Reference);

    private static string Render(TinyKvStore store) =>
        $"{{ id = {store.Id}, host = {Quote(store.Host)}, grpc-port = {store.GrpcPort}, " +
        $"status-port = {store.StatusPort}, remoting-port = {store.RemotingPort}, raft-port = {store.RaftPort} }}";

    // A HOCON string is a JSON string.
    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
