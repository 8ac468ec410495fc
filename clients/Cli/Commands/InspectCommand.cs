using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Marketplace.Engine;
using Marketplace.Engine.Guests;

namespace Marketplace.Cli.Commands;

/// <summary><c>market program inspect</c>: reads a module here, without a service.</summary>
internal static class InspectCommand
{
    /// <summary>More would be read into memory for a report that says only that it is far too large.</summary>
    private const long ModuleBytesMax = 256L << 20;

    private const int NamesMax = 40;

    public static Command Make(CommandSet set)
    {
        var file = new Argument<string>("FILE") { Description = "The module" };
        return set.Leaf(
            "inspect",
            """
            Say of a module's file what it asks for, what it uses, what compiling it costs, and why it would be refused.
            Nothing is sent and nothing is run. Exits with 4 if the module would be refused.

            Example:
              market program inspect programs/kvstore/kvstore.wasm
            """,
            async run =>
            {
                var report = ModuleReport.Of(await Read(run, run.Get(file)));
                if (run.Json)
                {
                    await run.Text(JsonSerializer.Serialize(report, ReportJson.Default.ModuleReport) + "\n");
                }
                else
                {
                    await run.Answer(report, writer => Write(writer, report));
                }
                return report.Refusals.Count == 0 ? ExitCodes.Ok : ExitCodes.Refused;
            },
            file
        );
    }

    private static async Task<byte[]> Read(Invocation run, string typed)
    {
        await using var module = BlobCommands.OpenRead(run, typed);
        if (module.Length > ModuleBytesMax)
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.LocalFile,
                    "local_file",
                    $"{typed} has {module.Length} bytes; at most {ModuleBytesMax} are read.",
                    "Name a module."
                )
            );
        }

        var bytes = new byte[module.Length];
        await module.ReadExactlyAsync(bytes, run.Cancellation);
        return bytes;
    }

    private static void Write(TextWriter writer, ModuleReport report)
    {
        Table.WriteFields(
            writer,
            (
                "is",
                report.Origin is { } origin ? origin.What
                : report.Abi is null ? "no program"
                : "a program"
            ),
            (
                "abi",
                report.Abi switch
                {
                    GuestAbi.WasiCommand => "WASI command",
                    GuestAbi.Onvm => "ONVM",
                    _ => "none",
                }
            ),
            ("entry points", report.EntryPoints.Count > 0 ? string.Join(", ", report.EntryPoints) : null),
            ("uses state", report.UsesState),
            ("deterministic", report.Deterministic is { } same ? ProgramCommands.Determinism(same, report.Nondeterminism) : null),
            ("uses", Features(report.Features)),
            ("bytes", (long)report.Bytes),
            ("memory", string.Join("; ", report.Memories.Select(memory => $"{Sizes(memory)} pages"))),
            ("tables", report.Tables.Count > 0 ? string.Join("; ", report.Tables.Select(table => $"{Sizes(table)} elements")) : null),
            ("globals", (long)report.Globals),
            ("data segments", (long)report.DataSegments),
            ("functions", (long)report.Functions),
            ("instructions", report.Instructions),
            ("code", $"{Table.Show(report.CodeBytes)} bytes of IL"),
            ("compiling", $"about {report.EmitMillisecondsEstimate + report.CodeMillisecondsEstimate:#,0} ms if every function is called")
        );
        WriteNames(writer, "imports", report.Imports);
        WriteNames(writer, "exports", report.Exports);
        WriteFunctions(writer, "largest functions", report.Largest);
        WriteFunctions(writer, "functions that run slower, because they are too large to be optimised", report.NotOptimised);
        writer.WriteLine(report.Refusals.Count == 0 ? "\nIt can be deployed." : "\nIt would be refused:");
        foreach (var refusal in report.Refusals.Take(NamesMax))
        {
            writer.WriteLine($"  {TerminalText.CleanLine(refusal.Reason)} (at byte {refusal.Offset})");
        }
    }

    private static void WriteNames(TextWriter writer, string what, IReadOnlyList<ReportedName> names)
    {
        if (names.Count == 0)
        {
            return;
        }
        writer.WriteLine($"\n{what}:");
        foreach (var name in names.Take(NamesMax))
        {
            writer.WriteLine($"  {TerminalText.CleanLine(name.Name)}  {TerminalText.CleanLine(name.Type)}");
        }
        if (names.Count > NamesMax)
        {
            writer.WriteLine($"  and {names.Count - NamesMax} more");
        }
    }

    private static void WriteFunctions(TextWriter writer, string what, IReadOnlyList<ReportedFunction> functions)
    {
        if (functions.Count == 0)
        {
            return;
        }
        writer.WriteLine($"\n{what}:");
        Table.Write(
            writer,
            ["FUNCTION", "BYTES", "INSTRUCTIONS", "BLOCKS", "IL", "LOCALS"],
            functions
                .Take(NamesMax)
                .Select(function =>
                    new[]
                    {
                        function.Export is { } name ? $"{function.Index} {name}" : $"{function.Index}",
                        $"{function.BodyBytes}",
                        $"{function.Instructions}",
                        $"{function.Blocks}",
                        $"{function.CodeBytes}",
                        $"{function.Locals}",
                    }
                )
        );
        if (functions.Count > NamesMax)
        {
            writer.WriteLine($"and {functions.Count - NamesMax} more");
        }
    }

    private static string Features(ModuleFeatures features)
    {
        string[] used =
        [
            .. features.Float ? ["floating point"] : Array.Empty<string>(),
            .. features.Vectors ? ["SIMD"] : Array.Empty<string>(),
            .. features.Threads ? ["atomics"] : Array.Empty<string>(),
            .. features.TailCalls ? ["tail calls"] : Array.Empty<string>(),
        ];
        return used.Length > 0 ? string.Join(", ", used) : "integers only";
    }

    private static string Sizes(ReportedSize size) => size.Max is { } max ? $"{size.Min} to {max}" : $"{size.Min}";
}

/// <summary>The report's JSON form, which is that of the service's answers.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [
        typeof(SnakeCaseEnumConverter<GuestAbi>),
        typeof(SnakeCaseEnumConverter<ExternalKind>),
        typeof(SnakeCaseEnumConverter<ModuleFault>),
    ]
)]
[JsonSerializable(typeof(ModuleReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
