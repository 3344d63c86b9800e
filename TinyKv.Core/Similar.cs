namespace TinyKv.Core;

/// <summary>What somebody meant who wrote something else.</summary>
public static class Similar
{
    /// <summary>The likeliest of some names, or null when none is like the word.</summary>
    public static string? Nearest(string word, IEnumerable<string> names) => names
        .Select(name => (Name: name, Distance: Distance(word, name)))
        .Where(candidate => candidate.Distance <= Math.Max(1, Math.Min(word.Length, candidate.Name.Length) / 3))
        .OrderBy(candidate => candidate.Distance).ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
        .Select(candidate => candidate.Name)
        .FirstOrDefault();

    /// <summary>"; did you mean …?", or nothing when no name is like the word.</summary>
    public static string DidYouMean(string word, IEnumerable<string> names) =>
        Nearest(word, names) is { } name ? $"; did you mean {name}?" : "";

    /// <summary>How many letters must be put in, left out, replaced or swapped with their neighbours.</summary>
    internal static int Distance(string from, string to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= to.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = rows[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replaced, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }
        return rows[from.Length, to.Length];
    }
}
