using System.Globalization;
using Marketplace.Testing;

namespace Marketplace.Engine.Tests.Spec;

/// <summary>A file of the suite as it was counted when the suite was converted.</summary>
/// <param name="Suite">The folder: <c>core</c>, or the extension that it is about.</param>
/// <param name="File">Without ending.</param>
/// <param name="Assertions">All of them.</param>
/// <param name="AssertionsWithoutText">Those that need no parser of the text format.</param>
public sealed record SpecCount(string Suite, string File, int Assertions, int AssertionsWithoutText)
{
    /// <summary>The converted file, or null where it is absent: files that only test the text format have none.</summary>
    public string? Path => Vectors.Find($"wasm-spec/{Suite}/json/{File}.zip");
}

/// <summary>The list of the suite's files that comes with the vectors.</summary>
public static class SpecCounts
{
    private const string List = "wasm-spec/assertion-counts.tsv";

    /// <returns>Nothing where the vectors are absent.</returns>
    public static IReadOnlyList<SpecCount> Read() =>
        Vectors.Find(List) is { } path ? [.. System.IO.File.ReadLines(path).Skip(1).Select(Parse)] : [];

    private static SpecCount Parse(string line)
    {
        var fields = line.Split('\t');
        return new SpecCount(fields[0], fields[1], Number(fields[3]), Number(fields[4]));
    }

    /// <summary>A file that could not be converted, because it tests the converter itself, has no numbers.</summary>
    private static int Number(string field) => field == "-" ? 0 : int.Parse(field, CultureInfo.InvariantCulture);
}
