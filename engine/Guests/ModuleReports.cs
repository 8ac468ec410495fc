using Marketplace.Engine.Decode;
using Marketplace.Engine.Emit;

namespace Marketplace.Engine.Guests;

/// <summary>Makes reports of modules that could be read.</summary>
internal static class ModuleReports
{
    private const int BulkPrefix = 0xFC;
    private const int VectorPrefix = 0xFD;
    private const int AtomicPrefix = 0xFE;

    /// <summary>For modules over a limit, so that a report can say more than that. Nothing is run from what they let through.</summary>
    public static EngineLimits WideLimits { get; } =
        EngineLimits.Default with
        {
            ModuleBytesMax = 256 << 20,
            FunctionsMax = 10_000_000,
            ImportsMax = 100_000,
            GlobalsMax = 1_000_000,
            DataSegmentsMax = 1_000_000,
            ElementSegmentsMax = 1_000_000,
            ElementsMax = 10_000_000,
            BodyBytesMax = 16 << 20,
        };

    public static ModuleReport Describe(WasmModule module, ReadOnlyMemory<byte> bytes, ReportedRefusal[] before)
    {
        var content = module.Content;
        var refusals = GuestShape.Refusals(module, bytes.Span, out var origin);
        var info = refusals.Count == 0 ? GuestShape.Of(module, bytes.Span).Info : null;
        var nondeterminism = info is null ? null : GuestDeterminism.ReasonAgainst(info.Imports);
        var functions = Functions(content, out var features);
        var codeBytes = functions.Sum(function => (long)function.CodeBytes);
        return new ModuleReport
        {
            Bytes = bytes.Length,
            Origin = origin,
            Abi = info?.Abi,
            EntryPoints = info?.EntryPoints ?? [],
            UsesState = info?.UsesState ?? false,
            Deterministic = info is null ? null : nondeterminism is null,
            Nondeterminism = nondeterminism,
            Imports =
            [
                .. module.Imports.Select(import => new ReportedName($"{import.Module}.{import.Name}", import.Kind, Show(import.Type))),
            ],
            Exports = [.. module.Exports.Select(export => new ReportedName(export.Name, export.Kind, Show(export.Type)))],
            Memories = [.. content.Memories.Select(memory => new ReportedSize(memory.Limits.Min, memory.Limits.Max))],
            Tables = [.. content.Tables.Select(table => new ReportedSize(table.Limits.Min, table.Limits.Max))],
            Globals = content.Globals.Count,
            DataSegments = content.Data.Count,
            Features = features,
            Functions = functions.Count,
            Instructions = functions.Sum(function => (long)function.Instructions),
            CodeBytes = codeBytes,
            Largest = [.. functions.OrderByDescending(function => function.CodeBytes).Take(ModuleReport.LargestMax)],
            NotOptimised = [.. functions.Where(function => function.IsTooLargeToOptimise)],
            EmitMillisecondsEstimate = Math.Round(bytes.Length * ModuleReport.EmitMicrosecondsPerByte / 1000, 1),
            CodeMillisecondsEstimate = Math.Round(codeBytes * ModuleReport.CodeMicrosecondsPerByte / 1000, 1),
            Refusals = [.. before, .. refusals.Select(ReportedRefusal.Of)],
        };
    }

    private static List<ReportedFunction> Functions(ModuleContent content, out ModuleFeatures features)
    {
        features = new ModuleFeatures(Threads: content.Memories.Any(memory => memory.Shared));
        var sizes = ModuleEmitter.Measure(content);
        var names = new Dictionary<int, string>();
        foreach (var export in content.Exports.Where(export => export.Kind == ExternalKind.Function))
        {
            names.TryAdd(export.Index, export.Name);
        }
        List<ReportedFunction> functions = [];
        for (var i = 0; i < content.Bodies.Count; i++)
        {
            var (index, body) = (i + content.ImportedFunctions, content.Bodies[i]);
            var (instructions, blocks) = Count(content, body, ref features);
            functions.Add(
                new ReportedFunction(
                    Index: index,
                    Export: names.GetValueOrDefault(index),
                    BodyBytes: body.End - body.Offset,
                    Instructions: instructions,
                    Blocks: blocks,
                    CodeBytes: sizes[i].CodeBytes,
                    Locals: sizes[i].LocalCount
                )
            );
        }

        return functions;
    }

    private static (int Instructions, int Blocks) Count(ModuleContent content, FunctionBody body, ref ModuleFeatures features)
    {
        var reader = new InstructionReader(content.Bytes.Span, body.Offset, body.End, content.Limits);
        var (instructions, blocks) = (0, 1);
        while (!reader.AtEnd)
        {
            reader.Read(out var instruction);
            instructions++;
            blocks += instruction.Opcode switch
            {
                Opcode.Loop or Opcode.If or Opcode.Else or Opcode.End or Opcode.Br or Opcode.BrIf or Opcode.Return or Opcode.Unreachable =>
                    1,
                Opcode.BrTable => 1 + instruction.Labels.Length,
                _ => 0,
            };
            features = With(features, instruction.Opcode);
        }

        return (instructions, blocks);
    }

    private static ModuleFeatures With(ModuleFeatures features, Opcode opcode)
    {
        var name = (int)opcode;
        return (name >> 8) switch
        {
            VectorPrefix => features with { Vectors = true, Float = features.Float || ComputesFloats(opcode) },
            AtomicPrefix when !features.Threads => features with { Threads = true },
            BulkPrefix when !features.Float && opcode <= Opcode.I64TruncSatF64U => features with { Float = true },
            0 when opcode is Opcode.ReturnCall or Opcode.ReturnCallIndirect => features with { TailCalls = true },

            // From f32.load and its neighbours, which only move bits, the float instructions that compute: comparisons, arithmetic,
            // conversions.
            0
                when !features.Float
                    && name is (>= 0x5B and <= 0x66) or (>= 0x8B and <= 0xA6) or (>= 0xA8 and <= 0xAB) or (>= 0xAE and <= 0xBB) =>
                features with
                {
                    Float = true,
                },
            _ => features,
        };
    }

    /// <summary>Of vector instructions: not those that only move bits.</summary>
    private static bool ComputesFloats(Opcode opcode) =>
        NaNRules.Read(opcode) != NaNLanes.None
        || opcode
            is Opcode.F32x4ConvertI32x4S
                or Opcode.F32x4ConvertI32x4U
                or Opcode.F64x2ConvertLowI32x4S
                or Opcode.F64x2ConvertLowI32x4U
                or Opcode.F32x4Pmin
                or Opcode.F32x4Pmax
                or Opcode.F64x2Pmin
                or Opcode.F64x2Pmax;

    private static string Show(ExternalType type) =>
        type switch
        {
            FunctionType function => function.ToString(),
            MemoryType memory => $"{Show(memory.Limits)} pages{(memory.Shared ? ", shared" : "")}",
            TableType table => $"{table.Element.Text()} {Show(table.Limits)} elements",
            GlobalType global => $"{(global.Mutable ? "mut " : "")}{global.Content.Text()}",
            _ => "",
        };

    private static string Show(SizeLimits limits) => limits.Max is { } max ? $"{limits.Min} to {max}" : $"{limits.Min}";
}
