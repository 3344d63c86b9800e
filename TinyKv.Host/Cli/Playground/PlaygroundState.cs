using System.Security.Cryptography;
using System.Text.Json;
using TinyKv.Core;
using TinyKv.Persistence;

namespace TinyKv.Host.Cli.Playground;

/// <summary>What a playground is, kept in its directory so that it continues as what it was.</summary>
internal sealed record PlaygroundState(int Format, string ClusterName, int Stores, string Journal, int BasePort)
{
    private const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json =
        new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>The file in the playground's directory.</summary>
    public static string FileIn(string directory) => Path.Combine(directory, "playground.json");

    /// <summary>The playground in a directory: as it was written there, or new as the command line says.</summary>
    /// <exception cref="TinyKvException">The command line contradicts what is there, or it is not readable.</exception>
    public static PlaygroundState LoadOrCreate(PlaygroundRequest request, string directory)
    {
        var path = FileIn(directory);
        if (!File.Exists(path))
        {
            var name = $"playground-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
            return new PlaygroundState(CurrentFormat, name, request.Stores ?? 3, request.Journal ?? JournalSetup.RocksDb,
                request.BasePort ?? PlaygroundPorts.DefaultBase);
        }
        var state = Read(path);
        RequireSame(directory, "--stores", request.Stores, state.Stores);
        RequireSame(directory, "--journal", request.Journal, state.Journal);
        RequireSame(directory, "--base-port", request.BasePort, state.BasePort);
        return state;
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Save(string directory)
    {
        var path = FileIn(directory);
        File.WriteAllText($"{path}.new", JsonSerializer.Serialize(this, Json) + '\n');
        File.Move($"{path}.new", path, overwrite: true);
    }

    private static PlaygroundState Read(string path)
    {
        PlaygroundState? state;
        try
        {
            state = JsonSerializer.Deserialize<PlaygroundState>(File.ReadAllText(path), Json);
        }
        catch (JsonException error)
        {
            throw new TinyKvException($"{path} is not the description of a playground: {error.Message}", error);
        }
        return state is { Format: CurrentFormat, ClusterName.Length: > 0, Journal.Length: > 0 }
            && state.Stores is > 0 and <= PlaygroundPorts.MaxStores && state.BasePort is > 0 and <= PlaygroundPorts.MaxBase
            ? state
            : throw new TinyKvException($"{path} is not the description of a playground of format {CurrentFormat}");
    }

    private static void RequireSame<T>(string directory, string option, T? asked, T there)
    {
        if (asked is not null && !asked.Equals(there))
            throw new TinyKvException($"{directory} holds a playground with {option} {there}, not {asked}: " +
                $"leave {option} out, or choose another --data");
    }
}
