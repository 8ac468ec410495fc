namespace Marketplace.Cli;

/// <summary>Aligned columns of text; nothing that stands in a cell can break the line.</summary>
internal static class Table
{
    private const string Gap = "  ";

    /// <summary>A row a line, under a heading.</summary>
    public static void Write(TextWriter writer, IReadOnlyList<string> heading, IEnumerable<IReadOnlyList<string>> rows)
    {
        var lines = rows.Select(row => row.Select(TerminalText.CleanLine).ToArray()).Prepend([.. heading]).ToArray();
        var widths = Enumerable.Range(0, heading.Count).Select(column => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
            writer.WriteLine(string.Join(Gap, line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    /// <summary>A name and a value a line; what has no value is left out.</summary>
    public static void WriteFields(TextWriter writer, params ReadOnlySpan<(string Name, object? Value)> fields)
    {
        var width = 0;
        foreach (var (name, value) in fields)
            width = value is null ? width : Math.Max(width, name.Length);
        foreach (var (name, value) in fields)
        {
            if (value is not null)
                writer.WriteLine($"{name.PadRight(width)}{Gap}{TerminalText.CleanLine(Show(value))}");
        }
    }

    public static string Show(object? value) => value switch
    {
        null => "-",
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
        long number => number.ToString("#,0", System.Globalization.CultureInfo.InvariantCulture),
        bool yes => yes ? "yes" : "no",
        _ => value.ToString() ?? "-",
    };
}
