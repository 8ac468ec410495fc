using System.IO.Compression;

namespace Marketplace.Engine.Tests.Spec;

/// <summary>The binary modules of the official suite, as something to change by chance.</summary>
public static class SpecModules
{
    /// <summary>The suite's largest ones are long lists of the same; small ones reach as much code in less time.</summary>
    private const int BytesMax = 20_000;

    /// <returns>Nothing where the vectors are absent.</returns>
    public static IReadOnlyList<byte[]> All()
    {
        var modules = new List<byte[]>();
        foreach (var path in SpecCounts.Read().Select(count => count.Path).OfType<string>())
        {
            using var zip = ZipFile.OpenRead(path);
            var small = zip.Entries.Where(e => e.Name.EndsWith(".wasm", StringComparison.Ordinal) && e.Length is > 8 and <= BytesMax);
            foreach (var entry in small)
            {
                using var stream = entry.Open();
                using var bytes = new MemoryStream();
                stream.CopyTo(bytes);
                modules.Add(bytes.ToArray());
            }
        }

        return modules;
    }
}
