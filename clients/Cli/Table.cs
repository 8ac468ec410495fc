namespace Marketplace.Cli;

/// <summary>Aligned columns of text; nothing that stands in a cell can break the line.</summary>
internal static class Table
{
    private const string Gap = "  ";

    /// <summary>No column is cut to less: a state and the beginning of a name still tell something.</summary>
    private const int ColumnWidthMin = 6;

    /// <summary>
    /// No cell is filled up to more: a longer one stands out of its column. A stranger's file may have a million letters in one row, and
    /// thousands of rows, which must not each become as long. Beyond all ids with their prefixes.
    /// </summary>
    private const int PaddedMax = 120;

    /// <summary>A row a line, under a heading, with whole cells.</summary>
    public static void Write(TextWriter writer, IReadOnlyList<string> heading, IEnumerable<IReadOnlyList<string>> rows) =>
        Write(writer, null, heading, rows);

    /// <summary>A row a line, under a heading.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="width">Columns of the terminal, which cells are cut to fit; null: cells are whole.</param>
    /// <param name="heading">The columns; the first one, the id, is never cut, nor is a number.</param>
    /// <param name="rows">A cell for each column.</param>
    public static void Write(TextWriter writer, int? width, IReadOnlyList<string> heading, IEnumerable<IReadOnlyList<string>> rows)
    {
        var lines = rows.Select(row => row.Select(TerminalText.CleanLine).ToArray()).Prepend([.. heading]).ToArray();
        var widths = Enumerable.Range(0, heading.Count).Select(column => lines.Max(line => line[column].Length)).ToArray();
        if (width is { } most)
        {
            Fit(
                widths,
                most - (Gap.Length * (widths.Length - 1)),
                [.. Enumerable.Range(1, heading.Count - 1).Where(column => !IsNumbers(lines, column))]
            );
        }
        foreach (var line in lines)
        {
            writer.WriteLine(string.Join(Gap, line.Select((cell, column) => Pad(Cut(cell, widths[column]), widths[column]))).TrimEnd());
        }
    }

    /// <summary>A number that is cut reads like another one.</summary>
    private static bool IsNumbers(string[][] lines, int column) =>
        lines.Skip(1).All(line => !line[column].AsSpan().ContainsAnyExcept("0123456789,-"));

    /// <summary>Takes from the widest of some columns until all fit, or none can be cut.</summary>
    private static void Fit(int[] widths, int most, int[] columns)
    {
        for (var over = widths.Sum() - most; over > 0; over--)
        {
            var widest = columns.DefaultIfEmpty().MaxBy(column => widths[column]);
            if (widest == 0 || widths[widest] <= ColumnWidthMin)
            {
                return;
            }
            widths[widest]--;
        }
    }

    private static string Pad(string text, int width) => text.PadRight(Math.Min(width, PaddedMax));

    private static string Cut(string text, int width) => text.Length <= width ? text : string.Concat(text.AsSpan(0, width - 1), "…");

    /// <summary>A name and a value a line; what has no value is left out.</summary>
    public static void WriteFields(TextWriter writer, params ReadOnlySpan<(string Name, object? Value)> fields)
    {
        var width = 0;
        foreach (var (name, value) in fields)
        {
            width = value is null ? width : Math.Max(width, name.Length);
        }
        foreach (var (name, value) in fields)
        {
            if (value is not null)
            {
                writer.WriteLine($"{name.PadRight(width)}{Gap}{TerminalText.CleanLine(Show(value))}");
            }
        }
    }

    public static string Show(object? value) =>
        value switch
        {
            null => "-",
            DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
            long number => number.ToString("#,0", System.Globalization.CultureInfo.InvariantCulture),
            int number => Show((long)number),
            TokenAmount amount => amount.BaseUnits.ToString("#,0", System.Globalization.CultureInfo.InvariantCulture),
            bool yes => yes ? "yes" : "no",
            _ => value.ToString() ?? "-",
        };
}
