using System.Text;

namespace TinyKv.Host.Cli.Parsing;

/// <summary>Arguments come as text; the bytes that were none are lost by then.</summary>
internal static class ArgumentText
{
    /// <summary>
    /// What is wrong with an argument in place of whose bytes .NET, or the program that passed it on, has put U+FFFD: two
    /// keys would become one. Nobody can tell it from a U+FFFD that was meant, which is refused with it.
    /// </summary>
    public static string? WhyNotText(IReadOnlyList<string> arguments)
    {
        for (var index = 0; index < arguments.Count; index++)
        {
            // Half of a surrogate pair, which Windows allows, counts as U+FFFD too.
            if (arguments[index].EnumerateRunes().Contains(Rune.ReplacementChar))
                return $"argument {index + 1}, '{arguments[index]}', is not UTF-8 or has U+FFFD in it: "
                    + "expected text, or hexadecimal digits with --hex for keys and values of other bytes";
        }
        return null;
    }
}
