using System.CommandLine;

namespace TinyKv.Host.Cli;

/// <summary>The option <c>--set KEY=VALUE</c>.</summary>
internal static class SettingOption
{
    private const string Name = "--set";

    /// <summary>The option; may be repeated.</summary>
    /// <param name="description">For the help.</param>
    public static Option<string[]> Create(string description) => new(Name) { Description = description, HelpName = "KEY=VALUE" };

    /// <summary>What it sets, in the order in which it was given.</summary>
    /// <exception cref="UsageException">There is no key.</exception>
    public static IEnumerable<(string Option, string Key, string Value)> Read(string[]? settings)
    {
        foreach (var setting in settings ?? [])
        {
            var equals = setting.IndexOf('=');
            if (equals <= 0) throw new UsageException($"{Name} {setting}: write {Name} KEY=VALUE");
            yield return (Name, setting[..equals].Trim(), setting[(equals + 1)..]);
        }
    }
}
