using System.CommandLine;

namespace TinyKv.Host.Cli.Parsing;

/// <summary>Arguments that are the number of something.</summary>
internal static class NumberArguments
{
    /// <summary>A store.</summary>
    public static Argument<ulong> Store() => Create("store", "The store's number", "a store");

    /// <summary>A region, or the placement group.</summary>
    public static Argument<ulong> Region() =>
        Create("region", "The region's number, or 'placement'", "a region", placement: true);

    private static Argument<ulong> Create(string name, string description, string what, bool placement = false) =>
        new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (placement && text == "placement") return 0;
                if (ulong.TryParse(text, out var number) && (number > 0 || placement)) return number;
                result.AddError($"'{text}' is not {what}: expected its number{(placement ? " or 'placement'" : "")}");
                return 0;
            },
        };
}
