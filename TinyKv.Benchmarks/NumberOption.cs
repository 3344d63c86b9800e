using System.CommandLine;
using System.Globalization;

namespace TinyKv.Benchmarks;

/// <summary>Options whose values are numbers.</summary>
internal static class NumberOption
{
    /// <summary>A number that is refused when it makes no sense.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="otherwise">What it is when it is not given.</param>
    /// <param name="description">For the help.</param>
    /// <param name="atLeast">The least that makes sense.</param>
    public static Option<int> Of(string name, int otherwise, string description, int atLeast = 1)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => otherwise };
        option.Validators.Add(given =>
        {
            // What is no number is told by the library.
            if (given.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var number)
                && number < atLeast)
            {
                given.AddError($"{name} must be at least {atLeast}");
            }
        });
        return option;
    }
}
