using System.IO.Compression;
using System.Text.Json;

namespace Marketplace.Engine.Tests.Spec;

/// <summary>How many of a file's assertions hold, and what the others said.</summary>
/// <param name="File">Its name.</param>
/// <param name="Passed">Assertions that hold.</param>
/// <param name="Total">Those that need no parser of the text format.</param>
/// <param name="Failures">Commands that did not do what they should.</param>
/// <param name="Exceptions">Assertions that do not hold and must not, with their reasons.</param>
public sealed record SpecResult(string File, int Passed, int Total, IReadOnlyList<string> Failures, IReadOnlyList<string> Exceptions)
{
    public override string ToString() => $"{File}: {Passed} / {Total}";
}

/// <summary>
/// Runs one file of the official suite, as wast2json converts it: a zip with the commands as JSON and the modules they name.
/// </summary>
public static class SpecFile
{
    /// <param name="count">A file that is present.</param>
    /// <param name="engine">Fresh: files do not share modules.</param>
    public static SpecResult Run(SpecCount count, ISpecEngine engine)
    {
        using var zip = ZipFile.OpenRead(count.Path!);
        var json = zip.Entries.Single(e => e.Name.EndsWith(".json", StringComparison.Ordinal));
        using var document = JsonDocument.Parse(Read(json));
        var session = new SpecSession(engine, name => Read(zip.GetEntry(name)!));
        var (passed, total) = (0, 0);
        var failures = new List<string>();
        var exceptions = new List<string>();
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
            var line = command.GetProperty("line").GetInt32();
            var exception = SpecExceptions.ReasonFor(count, line);
            var failure = session.Execute(type, command);
            if (exception is not null)
            {
                (failure is null ? failures : exceptions).Add(
                    $"line {line}: {type}: {(failure is null ? "holds, but" : failure + ";")} {exception}"
                );
            }
            else if (failure is not null)
            {
                failures.Add($"line {line}: {type}: {failure}");
            }
            else
            {
                passed += counted ? 1 : 0;
            }
        }

        return new SpecResult(count.File, passed, total, failures, exceptions);
    }

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
