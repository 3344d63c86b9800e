using System.Globalization;
using System.Text;
using System.Text.Json;

namespace TinyKv.Host.Cli.Playground;

/// <summary>Writes the configuration that a store of a playground is started with.</summary>
internal static class StoreConfigFile
{
    /// <summary>How long a store of a playground may take to stop.</summary>
    public static TimeSpan ShutdownTimeout { get; } = TimeSpan.FromSeconds(10);

    /// <summary>The file in the store's directory.</summary>
    public static string FileIn(string storeDirectory) => Path.Combine(storeDirectory, "tinykv.conf");

    /// <summary>Writes it; a connection string goes to a file of its own that others cannot read.</summary>
    public static string Write(PlaygroundState state, int storeId, string storeDirectory, string? postgreSql)
    {
        var path = FileIn(storeDirectory);
        if (postgreSql is not null) WriteSecret(SecretIn(storeDirectory), postgreSql);
        File.WriteAllText(path, Render(state, storeId, storeDirectory, postgreSql));
        return path;
    }

    /// <summary>Whether the store has a connection string from an earlier start.</summary>
    public static bool HasConnectionString(string storeDirectory) =>
        File.Exists(SecretIn(storeDirectory));

    /// <summary>What is written, without the connection string.</summary>
    public static string Render(PlaygroundState state, int storeId, string storeDirectory, string? postgreSql)
    {
        var text = new StringBuilder();
        text.AppendLine("# Written by 'tinykv playground' at every start; changes are lost.");
        text.AppendLine("tinykv {");
        text.AppendLine(CultureInfo.InvariantCulture, $"  cluster.name = {Quote(state.ClusterName)}");
        text.AppendLine("  cluster.stores = [");
        for (var index = 0; index < state.Stores; index++)
        {
            var ports = PlaygroundPorts.Of(state.BasePort, index);
            text.AppendLine(CultureInfo.InvariantCulture,
                $"    {{ id = {index + 1}, host = \"127.0.0.1\", grpc-port = {ports.Grpc}, "
                + $"status-port = {ports.Status}, remoting-port = {ports.Remoting}, raft-port = {ports.Raft} }}");
        }
        text.AppendLine("  ]");
        text.AppendLine(CultureInfo.InvariantCulture, $"  store.id = {storeId}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  store.data-directory = {Quote(Path.Combine(storeDirectory, "data"))}");
        text.AppendLine("  store.bind-host = \"127.0.0.1\"");
        text.AppendLine(CultureInfo.InvariantCulture, $"  server.shutdown-timeout = {ShutdownTimeout.TotalSeconds:0}s");
        text.AppendLine(CultureInfo.InvariantCulture, $"  journal = {Quote(state.Journal)}");
        if (postgreSql is not null || HasConnectionString(storeDirectory))
            text.AppendLine(CultureInfo.InvariantCulture,
                $"  postgresql.connection-string-file = {Quote(SecretIn(storeDirectory))}");
        text.AppendLine("}");
        return text.ToString();
    }

    private static string SecretIn(string storeDirectory) => Path.Combine(storeDirectory, "postgresql.connection-string");

    // A HOCON string is a JSON string.
    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private static void WriteSecret(string path, string connectionString)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new StreamWriter(path, CliHost.Utf8, options);
        file.Write(connectionString);
    }
}
