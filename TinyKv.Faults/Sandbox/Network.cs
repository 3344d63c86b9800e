using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Sandbox;

/// <summary>
/// One network namespace per store, all on one bridge, together with the clients. What a store does not hear is decided
/// by rules for what comes in at its own namespace.
/// </summary>
internal sealed class Network
{
    private const string Bridge = "bridge";

    private readonly int _stores;

    private Network(int stores) => _stores = stores;

    /// <summary>Makes the bridge and the namespaces.</summary>
    public static async Task<Network> CreateAsync(int stores)
    {
        await Command.RunAsync("ip", "link", "add", Bridge, "type", "bridge");
        await Command.RunAsync("ip", "addr", "add", "10.80.0.254/24", "dev", Bridge);
        await Command.RunAsync("ip", "link", "set", Bridge, "up");
        for (var store = 1; store <= stores; store++)
        {
            var (space, link) = (Space(store), $"link{store}");
            await Command.RunAsync("ip", "netns", "add", space);
            await Command.RunAsync("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space);
            await Command.RunAsync("ip", "link", "set", link, "master", Bridge, "up");
            await Command.RunAsync("ip", "-n", space, "addr", "add", $"{Host(store)}/24", "dev", "eth0");
            await Command.RunAsync("ip", "-n", space, "link", "set", "eth0", "up");
            await Command.RunAsync("ip", "-n", space, "link", "set", "lo", "up");
            await NftAsync(store, "add table inet faults");
            await NftAsync(store, "add chain inet faults in { type filter hook input priority 0 ; }");
        }
        return new Network(stores);
    }

    /// <summary>The address of a store.</summary>
    public static string Host(int store) => $"10.80.0.{store}";

    /// <summary>How to start a program where a store is.</summary>
    public static string[] Enter(int store) => ["nsenter", $"--net=/run/netns/{Space(store)}"];

    /// <summary>What one store says, another does not hear any more.</summary>
    public static Task CutAsync(int from, int to) =>
        NftAsync(to, $"add rule inet faults in ip saddr {Host(from)} drop");

    /// <summary>A part of what comes from the other stores gets lost on the way to each.</summary>
    public async Task LoseAsync(int percent)
    {
        for (var to = 1; to <= _stores; to++)
        {
            var others = string.Join(", ", Enumerable.Range(1, _stores).Where(store => store != to).Select(Host));
            await NftAsync(to, $"add rule inet faults in ip saddr {{ {others} }} numgen random mod 100 < {percent} drop");
        }
    }

    /// <summary>Resets every connection of a store, to stores and to clients.</summary>
    public static Task ResetAsync(int store) =>
        // It says that it failed, and has done it.
        Command.TryAsync("nsenter", [.. Enter(store).Skip(1), "ss", "-K", "state", "established"]);

    /// <summary>Ends all cuts and losses.</summary>
    public async Task HealAsync()
    {
        for (var store = 1; store <= _stores; store++) await NftAsync(store, "flush chain inet faults in");
    }

    private static string Space(int store) => $"store{store}";

    private static Task<string> NftAsync(int store, string rule) =>
        Command.RunAsync("ip", "netns", "exec", Space(store), "nft", rule);
}
