using System.Diagnostics.CodeAnalysis;
using System.Text;
using Marketplace.Engine.Guests.Onvm;
using Marketplace.Engine.Guests.Wasi;

namespace Marketplace.Engine.Guests;

/// <summary>How a module fits a guest ABI: found once, when it is loaded.</summary>
/// <param name="Info">What others may know.</param>
/// <param name="Needs">What its imports need of an invocation.</param>
/// <param name="Conventions">How each entry point is called; empty for a WASI command.</param>
/// <param name="Initializes">It exports <c>_initialize</c>, which comes before any entry point.</param>
/// <param name="Allocates">It exports <c>onvm_alloc</c>, which gives the place for the input.</param>
internal sealed record GuestShape(
    GuestInfo Info,
    HostNeeds Needs,
    IReadOnlyDictionary<string, OnvmConvention> Conventions,
    bool Initializes,
    bool Allocates
)
{
    public const string CommandEntry = "_start";
    public const string InitializeExport = "_initialize";
    public const string AllocateExport = "onvm_alloc";
    public const string MemoryExport = "memory";

    /// <summary>Modules of unknown imports that a refusal names: a person reads no more.</summary>
    private const int ImportGroupsMax = 4;

    private static readonly FunctionType NothingToNothing = new([], []);
    private static readonly FunctionType SizeToPointer = new([WasmType.I32], [WasmType.I32]);

    private static readonly Dictionary<(string Module, string Name), HostCall> Offered = WasiImports
        .All.Concat(OnvmImports.All)
        .ToDictionary(call => (call.Module, call.Name));

    /// <summary>Every function that any guest may import.</summary>
    public static Imports HostFunctions { get; } = Offer();

    /// <exception cref="InvalidModuleException">The module follows no guest ABI.</exception>
    public static GuestShape Of(WasmModule module, ReadOnlySpan<byte> bytes)
    {
        if (Refusals(module, bytes, out _) is [var refusal, ..])
        {
            throw refusal;
        }
        var needs = module.Imports.Aggregate(HostNeeds.None, (all, import) => all | Offered[(import.Module, import.Name)].Needs);
        var (abi, entries, conventions) = Entries(module, bytes);
        var info = new GuestInfo(
            abi,
            entries,
            (needs & HostNeeds.State) != 0,
            [.. module.Imports.Select(import => $"{import.Module}.{import.Name}").Distinct()]
        );
        return new GuestShape(
            info,
            needs,
            abi == GuestAbi.WasiCommand ? new Dictionary<string, OnvmConvention>() : conventions,
            abi == GuestAbi.Onvm && Exports(module, InitializeExport, NothingToNothing),
            Exports(module, AllocateExport, SizeToPointer)
        );
    }

    private static (GuestAbi Abi, IReadOnlyList<string> Entries, Dictionary<string, OnvmConvention> Conventions) Entries(
        WasmModule module,
        ReadOnlySpan<byte> bytes
    )
    {
        if (!module.ExportsByName.TryGetValue(MemoryExport, out var memory) || memory.Kind != ExternalKind.Memory)
        {
            throw BadExport(bytes, $"missing memory: a program exports its memory under the name '{MemoryExport}'");
        }

        var conventions = FindEntryPoints(module);
        var abi = ChooseAbi(module, bytes, conventions);
        IReadOnlyList<string> entries = abi == GuestAbi.WasiCommand ? [CommandEntry] : [.. EntryNames(module, conventions)];
        CheckEntryPoints(entries, bytes);
        return (abi, entries, conventions);
    }

    /// <returns>
    /// Why the module is no program: what it imports that no program is given, each import of another type, and the first of the other
    /// reasons. The first of them begins with what the module is.
    /// </returns>
    public static IReadOnlyList<InvalidModuleException> Refusals(WasmModule module, ReadOnlySpan<byte> bytes, out ModuleOrigin? origin)
    {
        List<InvalidModuleException> refusals = [];
        var unknown = module.Imports.Where(import => !Offered.ContainsKey((import.Module, import.Name))).ToArray();
        if (unknown.Length > 0)
        {
            refusals.Add(BadImport(bytes, module.Imports.ToList().IndexOf(unknown[0]), UnknownImports(unknown)));
        }
        for (var i = 0; i < module.Imports.Count; i++)
        {
            if (HasOtherType(module.Imports[i], out var call))
            {
                var name = GuestNames.Show($"{call.Module}.{call.Name}");
                refusals.Add(BadImport(bytes, i, $"incompatible import type: {name} is a function of type {call.Type}"));
            }
        }

        try
        {
            Entries(module, bytes);
        }
        catch (InvalidModuleException refusal)
        {
            refusals.Add(refusal);
        }

        origin = refusals.Count == 0 ? null : ModuleOrigins.Of(module, bytes, unknown);
        if (origin is not null)
        {
            refusals[0] = origin.Explain(refusals[0]);
        }
        return refusals;
    }

    private static bool HasOtherType(ModuleImport import, [NotNullWhen(true)] out HostCall? call) =>
        Offered.TryGetValue((import.Module, import.Name), out call) && !call.Type.Equals(import.Type);

    private static string UnknownImports(ModuleImport[] unknown)
    {
        var offer =
            $"a program may import only functions of {WasiImports.Module}, {WasiImports.UnstableModule} and {OnvmImports.Module}.onvm_*";
        if (unknown.Length == 1)
        {
            return $"unknown import {GuestNames.Show($"{unknown[0].Module}.{unknown[0].Name}")}: {offer}";
        }
        var groups = unknown.GroupBy(import => import.Module).OrderByDescending(group => group.Count()).ToArray();
        var shown = string.Join(
            "; ",
            groups
                .Take(ImportGroupsMax)
                .Select(group =>
                    $"{group.Count()} of {GuestNames.Show(group.Key)}: {GuestNames.ShowSome([.. group.Select(import => import.Name)])}"
                )
        );
        var more = groups.Length > ImportGroupsMax ? $"; and of {groups.Length - ImportGroupsMax} more modules" : "";
        return $"{unknown.Length} unknown imports ({shown}{more}): {offer}";
    }

    private static Dictionary<string, OnvmConvention> FindEntryPoints(WasmModule module)
    {
        var conventions = new Dictionary<string, OnvmConvention>();
        foreach (var export in module.Exports)
        {
            if (OnvmConventions.Of(export) is { } convention)
            {
                conventions.Add(export.Name, convention);
            }
        }

        return conventions;
    }

    private static void CheckEntryPoints(IReadOnlyList<string> names, ReadOnlySpan<byte> bytes)
    {
        if (names.Count > GuestPolicy.EntryPointsMax)
        {
            throw BadExport(bytes, $"{names.Count} entry points: the limit is {GuestPolicy.EntryPointsMax}");
        }
        foreach (var name in names)
        {
            if (Encoding.UTF8.GetByteCount(name) is var size && size > GuestPolicy.EntryPointNameBytesMax)
            {
                throw BadExport(
                    bytes,
                    $"an entry point name of {size} bytes: the limit is {GuestPolicy.EntryPointNameBytesMax}: {GuestNames.Show(name)}"
                );
            }
        }
    }

    private static IEnumerable<string> EntryNames(WasmModule module, Dictionary<string, OnvmConvention> conventions) =>
        module.Exports.Select(export => export.Name).Where(conventions.ContainsKey);

    // A module that imports onvm_* and has an ONVM entry point is an ONVM program also where a tool chain added _start; a command may use
    // the onvm_* functions as long as _start is its only entry.
    private static GuestAbi ChooseAbi(WasmModule module, ReadOnlySpan<byte> bytes, Dictionary<string, OnvmConvention> conventions)
    {
        var starts = module.ExportsByName.TryGetValue(CommandEntry, out var start);
        if (starts && !NothingToNothing.Equals(start!.Type))
        {
            throw BadExport(bytes, $"wrong signature: '{CommandEntry}' is not a function of type {NothingToNothing}");
        }
        var importsOnvm = module.Imports.Any(import => import.Module == OnvmImports.Module);
        if (conventions.Count > 0 && (importsOnvm || !starts))
        {
            return GuestAbi.Onvm;
        }
        if (starts)
        {
            return GuestAbi.WasiCommand;
        }
        throw BadExport(
            bytes,
            $"missing entry point: neither '{CommandEntry}' nor a function of type {string.Join(", ", OnvmConventions.Types)} is exported"
        );
    }

    private static bool Exports(WasmModule module, string name, FunctionType type) =>
        module.ExportsByName.TryGetValue(name, out var export) && type.Equals(export.Type);

    private static Imports Offer()
    {
        var imports = new Imports();
        foreach (var call in Offered.Values)
        {
            imports.Add(call.Module, call.Name, call.Function);
        }
        return imports;
    }

    private static InvalidModuleException BadImport(ReadOnlySpan<byte> bytes, int index, string reason) =>
        new(ModuleFault.NotAProgram, ModuleOffsets.OfImport(bytes, index), reason);

    private static InvalidModuleException BadExport(ReadOnlySpan<byte> bytes, string reason) =>
        new(ModuleFault.NotAProgram, ModuleOffsets.OfSection(bytes, ModuleOffsets.ExportSection), reason);
}
