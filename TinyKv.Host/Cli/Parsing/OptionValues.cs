using System.CommandLine.Parsing;
using System.Globalization;

namespace TinyKv.Host.Cli.Parsing;

/// <summary>Reads the values of options; what is wrong with one is said in our words, not in the library's.</summary>
internal static class OptionValues
{
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(1);

    /// <summary>A whole number in a range.</summary>
    public static int? Number(string name, int min, int max, ArgumentResult result) =>
        (int?)Number(name, (ulong)min, (ulong)max, result);

    /// <summary>A whole number in a range.</summary>
    public static ulong? Number(string name, ulong min, ulong max, ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max) return number;
        var wrong = IsWholeNumber(text) ? "out of range" : "not a number";
        result.AddError($"{name} '{text}' is {wrong}: expected {min} to {max}");
        return null;
    }

    /// <summary>A time: seconds, or a number with ms, s or m.</summary>
    public static TimeSpan? Time(string name, ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var (digits, unit) = text switch
        {
            [.. var number, 'm', 's'] => (number, 0.001),
            [.. var number, 's'] => (number, 1),
            [.. var number, 'm'] => (number, 60),
            _ => (text, 1.0),
        };
        if (double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && count * unit is > 0 and var seconds && seconds <= LongestTime.TotalSeconds) return TimeSpan.FromSeconds(seconds);
        result.AddError($"{name} '{text}' is not a time: expected seconds, or a number with ms, s or m, up to a day");
        return null;
    }

    // Of any size.
    private static bool IsWholeNumber(string text) =>
        text.TrimStart('-') is { Length: > 0 } digits && digits.All(char.IsAsciiDigit);
}
