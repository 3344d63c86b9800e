using System.Text;
using System.Text.Json;
using Akka.Configuration;
using TinyKv.Core;
using TinyKv.Host.Server;

namespace TinyKv.Hosting;

/// <summary>Makes a store's configuration of an application's options.</summary>
internal static class StoreConfig
{
    /// <summary>The options over the application's HOCON over the defaults.</summary>
    /// <exception cref="TinyKvException">The HOCON can not be read.</exception>
    public static Config Of(TinyKvOptions options) => Parse(Render(options))
        .WithFallback(Parse(options.Hocon)).WithFallback(ServerConfiguration.Reference);

    private static string Render(TinyKvOptions options)
    {
        var text = new StringBuilder();
        text.AppendLine($"tinykv.cluster.name = {Quote(options.ClusterName)}");
        text.AppendLine($"tinykv.cluster.stores = [ {string.Join(", ", options.Stores.Select(Render))} ]");
        text.AppendLine($"tinykv.store.id = {options.StoreId}");
        text.AppendLine($"tinykv.store.data-directory = {Quote(options.DataDirectory)}");
        text.AppendLine($"tinykv.store.bind-host = {Quote(options.BindHost)}");
        text.AppendLine($"tinykv.journal = {Quote(options.Journal)}");
        return text.ToString();
    }

    private static string Render(TinyKvStore store) =>
        $"{{ id = {store.Id}, host = {Quote(store.Host)}, grpc-port = {store.GrpcPort}, " +
        $"status-port = {store.StatusPort}, remoting-port = {store.RemotingPort} }}";

    private static Config Parse(string text)
    {
        const string source = $"{nameof(TinyKvOptions)}.{nameof(TinyKvOptions.Hocon)}";
        HoconSyntax.Check(source, text);
        try
        {
            return ConfigurationFactory.ParseString(text);
        }
        catch (Exception e)
        {
            throw new TinyKvException($"{source} is not valid HOCON: {e.Message}", e);
        }
    }

    // A HOCON string is a JSON string.
    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
