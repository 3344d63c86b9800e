using Spectre.Console;
using Spectre.Console.Rendering;

namespace TinyKv.Host.Cli;

/// <summary>A column: of those that do not all fit, the lower rank is shown; rank 0 is shown in any case.</summary>
internal readonly record struct Column(string Name, int Rank);

/// <summary>What stands in a cell. It is text, never markup: a key or a message may hold brackets.</summary>
internal readonly record struct Cell(string Text, Color? Color = null)
{
    public static implicit operator Cell(string text) => new(text);

    public Text ToText() => new(Text, Color is { } color ? new Style(color) : Style.Plain);
}

/// <summary>A table that leaves out columns on a narrow screen, rather than to break every word of it.</summary>
internal sealed class FittingTable(params Column[] columns)
{
    // Of every column, and one more at the end: a line and a blank on either side of the text.
    private const int Frame = 3;

    private readonly List<Cell[]> _rows = [];

    /// <summary>Adds a row with a cell for each column.</summary>
    public void AddRow(params Cell[] cells) => _rows.Add(cells);

    /// <summary>Writes what fits; returns the names of the columns that were left out.</summary>
    public IReadOnlyList<string> Write(IAnsiConsole console)
    {
        var shown = Fitting(console);
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumns([.. shown.Select(index => new TableColumn(new Text(columns[index].Name)))]);
        foreach (var row in _rows) table.AddRow(shown.Select(index => row[index].ToText()));
        console.Write(table);
        return [.. columns.Where((_, index) => !shown.Contains(index)).Select(column => column.Name)];
    }

    /// <summary>Says which columns were left out, if any were.</summary>
    public static void WriteLeftOut(IAnsiConsole console, IReadOnlyList<string> leftOut)
    {
        if (leftOut.Count > 0) console.WriteLine($"left out: {string.Join(", ", leftOut)} (--format json shows all)");
    }

    private int[] Fitting(IAnsiConsole console)
    {
        var options = RenderOptions.Create(console, console.Profile.Capabilities);
        var left = console.Profile.Width - 1;
        var shown = new List<int>();
        foreach (var index in Enumerable.Range(0, columns.Length).OrderBy(index => columns[index].Rank))
        {
            var width = Frame + _rows.Select(row => row[index]).Prepend(columns[index].Name)
                .Max(cell => ((IRenderable)cell.ToText()).Measure(options, int.MaxValue).Max);
            if (width > left && columns[index].Rank > 0) continue;
            left -= width;
            shown.Add(index);
        }
        return [.. shown.Order()];
    }
}
