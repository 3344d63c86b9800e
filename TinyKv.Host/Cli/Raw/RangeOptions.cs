using System.CommandLine;
using TinyKv.Core.Keys;

namespace TinyKv.Host.Cli.Raw;

/// <summary>The range of a scan or an export.</summary>
internal sealed class RangeOptions
{
    public Option<string?> Start { get; } = new("--start")
    {
        Description = "The first key; without it, from the first there is",
        HelpName = "KEY",
    };

    public Option<string?> End { get; } = new("--end")
    {
        Description = "The key to end before; without it, to the last there is",
        HelpName = "KEY",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(Start);
        command.Options.Add(End);
    }

    public KeyRange Parse(ParseResult arguments, bool hex)
    {
        var start = Bound("--start", arguments.GetValue(Start), hex);
        var end = Bound("--end", arguments.GetValue(End), hex);
        if (end.Length > 0 && start.AsSpan().SequenceCompareTo(end) >= 0)
            throw new UsageException("the range is empty: --end must be greater than --start");
        return new KeyRange(start, end);
    }

    private static byte[] Bound(string name, string? text, bool hex) =>
        text is null ? [] : KeyText.ParseKey(name, text, hex);
}
