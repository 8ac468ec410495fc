using System.IO.Compression;
using System.Text.Json;

namespace Marketplace.Engine.Tests.Spec;

/// <summary>How many of a file's assertions hold, and what the others said.</summary>
public sealed record SpecResult(string File, int Passed, int Total, IReadOnlyList<string> Failures)
{
    public override string ToString() => $"{File}: {Passed} / {Total}";
}

/// <summary>
/// Runs one file of the official suite, as wast2json converts it: a zip with the commands as JSON and the modules they name.
/// </summary>
public static class SpecFile
{
    public static SpecResult Run(string zipPath, ISpecEngine engine)
    {
        using var zip = ZipFile.OpenRead(zipPath);
        var json = zip.Entries.Single(e => e.Name.EndsWith(".json", StringComparison.Ordinal));
        using var document = JsonDocument.Parse(Read(json));
        var session = new SpecSession(engine, name => Read(zip.GetEntry(name)!));
        var (passed, total) = (0, 0);
        var failures = new List<string>();
        foreach (var command in document.RootElement.GetProperty("commands").EnumerateArray())
        {
            // Text modules test a text parser, which the engine does not have.
            if (command.TryGetProperty("module_type", out var kind) && kind.GetString() == "text")
            {
                continue;
            }

            var type = command.GetProperty("type").GetString()!;
            var counted = type.StartsWith("assert_", StringComparison.Ordinal);
            total += counted ? 1 : 0;
            if (session.Execute(type, command) is { } failure)
            {
                failures.Add($"line {command.GetProperty("line").GetInt32()}: {type}: {failure}");
            }
            else
            {
                passed += counted ? 1 : 0;
            }
        }

        return new SpecResult(Path.GetFileNameWithoutExtension(zipPath), passed, total, failures);
    }

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
