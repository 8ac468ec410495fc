using System.Globalization;
using Marketplace.Engine.Tests.Spec;
using Marketplace.Testing;

namespace Marketplace.Engine.Tests;

/// <summary>The official core suite: every assertion of every file holds.</summary>
public sealed class SpecTests(GuestThreadsFixture guests, ITestOutputHelper output) : IClassFixture<GuestThreadsFixture>
{
    private const string Folder = "wasm-spec/core/json";
    private const string Counts = "wasm-spec/assertion-counts.tsv";

    public static TheoryData<string> Files()
    {
        var data = new TheoryData<string>();
        if (Vectors.Folder is not null)
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Vectors.Folder, Folder), "*.zip").Order(StringComparer.Ordinal))
            {
                data.Add(Path.GetFileNameWithoutExtension(file));
            }
        }

        return data;
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Files))]
    public async Task CoreFile_HoldsCompletely(string file)
    {
        var result = await guests.Threads.Run(() => SpecFile.Run(Vectors.Find($"{Folder}/{file}.zip")!));
        output.WriteLine(result.ToString());
        Assert.Empty(result.Failures);
        Assert.Equal(Assertions(file), result.Total);
        Assert.Equal(result.Total, result.Passed);
    }

    /// <summary>How many assertions the file has that need no text parser, as counted when the suite was converted.</summary>
    private static int Assertions(string file)
    {
        var line = File.ReadLines(Vectors.Find(Counts)!).Single(l => l.StartsWith($"core\t{file}\t", StringComparison.Ordinal));
        return int.Parse(line.Split('\t')[4], CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Vectors_ArePresentWhereTheyAreRequired()
    {
        if (Vectors.Folder is null)
        {
            Assert.SkipUnless(Vectors.Required, Vectors.Missing);
            Assert.Fail(Vectors.Missing);
        }
    }
}
