using System.Text.RegularExpressions;
using Akka.Configuration.Hocon;
using TinyKv.Server.Settings;
using TinyKv.Tests.Architecture;

namespace TinyKv.Tests.Server.Settings;

/// <summary>docs/configuration.md says what the reference files say.</summary>
public sealed partial class ConfigurationDocsTests
{
    private const string Nothing = "-";

    [Fact]
    public void Every_setting_is_documented_with_its_default_and_no_other_is()
    {
        var defaults = Leaves("tinykv", ServerConfiguration.Reference.GetValue("tinykv"))
            .Select(leaf => $"{leaf.Key} {Shown(leaf.Value)}").Order(StringComparer.Ordinal);
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "configuration.md"));
        var documented = Row().Matches(page)
            .Select(row => $"{row.Groups["key"].Value} {Written(row.Groups["default"].Value)}")
            .Order(StringComparer.Ordinal);
        Assert.Equal(defaults, documented);
    }

    private static string Shown(HoconValue value) =>
        value.IsArray() || value.GetString() is null or "" or "0" ? Nothing : value.GetString();

    // A required setting and an optional one without a value look the same in a reference file: empty, or 0.
    private static string Written(string text) => text is "required" or "none" or "`0`" ? Nothing : text.Trim('`');

    private static IEnumerable<(string Key, HoconValue Value)> Leaves(string path, HoconValue value) =>
        value.IsObject()
            ? value.GetObject().Items.SelectMany(item => Leaves($"{path}.{item.Key}", item.Value))
            : [(path, value)];

    [GeneratedRegex(@"^\| `(?<key>tinykv\.[a-z.-]+)` \| [^|]+ \| (?<default>[^|]+?) \| [^|]+ \|$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Row();
}
