namespace TinyKv.Actors.Settings.Sources;

/// <summary>Finds what somebody may have meant.</summary>
internal static class Similar
{
    /// <summary>"; did you mean …?", or nothing when no name is near.</summary>
    public static string DidYouMean(string name, IEnumerable<string> known)
    {
        var nearest = known.Select(other => (other, distance: Distance(name, other)))
            .OrderBy(pair => pair.distance).ThenBy(pair => pair.other, StringComparer.Ordinal).FirstOrDefault();
        return nearest.other is not null && nearest.distance <= Math.Max(1, name.Length / 3)
            ? $"; did you mean {nearest.other}?" : "";
    }

    // Insertions, deletions and replacements that make one of the other.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
