namespace Marketplace.Tests.Silo;

/// <summary>Compares the C# of a README with the lines of a test that run.</summary>
internal static class ReadmeExamples
{
    /// <param name="readme">The file beside the tests.</param>
    /// <param name="tests">The source with the lines between <c>// README</c> and <c>// END</c>.</param>
    /// <param name="first">The README's first lines, which say where things are; the test has its own.</param>
    public static async Task AreThoseOf(string readme, string tests, params string[] first)
    {
        var shown = new List<string>();
        var isCode = false;
        foreach (var line in await Lines(readme))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                isCode = line == "```csharp";
            }
            else if (isCode && line.Length > 0)
            {
                shown.Add(line);
            }
        }

        Assert.Equal(first, shown[..first.Length]);
        var run = (await Lines(tests)).SkipWhile(line => line != "// README").Skip(1).TakeWhile(line => line != "// END");
        Assert.Equal(run, shown.Skip(first.Length));
    }

    private static async Task<IEnumerable<string>> Lines(string file) =>
        (await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, file), TestContext.Current.CancellationToken)).Select(line =>
            line.Trim()
        );
}
