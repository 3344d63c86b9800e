using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Sandbox;

/// <summary>
/// One network namespace for each place, all on one bridge, together with the clients. What is not heard in a place
/// is decided by rules for what comes in at its namespace.
/// </summary>
internal sealed class Network
{
    private const string Bridge = "bridge";
    private const string Clients = "10.80.0.254";

    private readonly int _places;

    private Network(int places) => _places = places;

    /// <summary>Makes the bridge and the namespaces.</summary>
    public static async Task<Network> CreateAsync(int places)
    {
        await Command.RunAsync("ip", "link", "add", Bridge, "type", "bridge");
        await Command.RunAsync("ip", "addr", "add", $"{Clients}/24", "dev", Bridge);
        await Command.RunAsync("ip", "link", "set", Bridge, "up");
        for (var place = 1; place <= places; place++)
        {
            var (space, link) = (Space(place), $"link{place}");
            await Command.RunAsync("ip", "netns", "add", space);
            await Command.RunAsync("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space);
            await Command.RunAsync("ip", "link", "set", link, "master", Bridge, "up");
            await Command.RunAsync("ip", "-n", space, "addr", "add", $"{Host(place)}/24", "dev", "eth0");
            await Command.RunAsync("ip", "-n", space, "link", "set", "eth0", "up");
            await Command.RunAsync("ip", "-n", space, "link", "set", "lo", "up");
            await NftAsync(place, "add table inet faults");
            await NftAsync(place, "add chain inet faults in { type filter hook input priority 0 ; }");
            await NftAsync(place, "add chain inet faults out { type nat hook output priority -100 ; }");
        }
        return new Network(places);
    }

    /// <summary>The address of a place.</summary>
    public static string Host(int place) => $"10.80.0.{place}";

    /// <summary>How to start a program in a place.</summary>
    public static string[] Enter(int place) => ["nsenter", $"--net=/run/netns/{Space(place)}"];

    /// <summary>What is said in one place is not heard in another any more.</summary>
    public static Task CutAsync(int from, int to) =>
        NftAsync(to, $"add rule inet faults in ip saddr {Host(from)} drop");

    /// <summary>A part of what comes from the other stores gets lost on the way to each place.</summary>
    public async Task LoseAsync(int percent)
    {
        for (var to = 1; to <= _places; to++)
        {
            var others = string.Join(", ", Enumerable.Range(1, _places).Where(place => place != to).Select(Host));
            await NftAsync(to, $"add rule inet faults in ip saddr {{ {others} }} numgen random mod 100 < {percent} drop");
        }
    }

    /// <summary>Resets every connection of a place, to stores and to clients.</summary>
    public static Task ResetAsync(int place) =>
        // It says that it failed, and has done it.
        Command.TryAsync("nsenter", [.. Enter(place).Skip(1), "ss", "-K", "state", "established"]);

    /// <summary>Connections that other stores make to a port in a place from now on lead to one where the clients are.</summary>
    public async Task DivertAsync(int place, int port, int divertedTo)
    {
        foreach (var from in Enumerable.Range(1, _places).Where(from => from != place))
            await NftAsync(from,
                $"add rule inet faults out ip daddr {Host(place)} tcp dport {port} dnat ip to {Clients}:{divertedTo}");
    }

    /// <summary>Ends all cuts, losses and diversions.</summary>
    public async Task HealAsync()
    {
        for (var place = 1; place <= _places; place++) await NftAsync(place, "flush table inet faults");
    }

    private static string Space(int place) => $"store{place}";

    private static Task<string> NftAsync(int place, string rule) =>
        Command.RunAsync("ip", "netns", "exec", Space(place), "nft", rule);
}
