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
    GuestInfo Info, HostNeeds Needs, IReadOnlyDictionary<string, OnvmConvention> Conventions, bool Initializes, bool Allocates)
{
    public const string CommandEntry = "_start";
    public const string InitializeExport = "_initialize";
    public const string AllocateExport = "onvm_alloc";
    public const string MemoryExport = "memory";

    private static readonly FunctionType NothingToNothing = new([], []);
    private static readonly FunctionType SizeToPointer = new([WasmType.I32], [WasmType.I32]);

    private static readonly Dictionary<(string Module, string Name), HostCall> Offered =
        WasiImports.All.Concat(OnvmImports.All).ToDictionary(call => (call.Module, call.Name));

    /// <summary>Every function that any guest may import.</summary>
    public static Imports HostFunctions { get; } = Offer();

    /// <exception cref="InvalidModuleException">The module follows no guest ABI.</exception>
    public static GuestShape Of(WasmModule module, ReadOnlySpan<byte> bytes)
    {
        var needs = HostNeeds.None;
        for (var i = 0; i < module.Imports.Count; i++)
            needs |= CheckImport(module.Imports[i], bytes, i);
        var (abi, entries, conventions) = Entries(module, bytes);
        var info = new GuestInfo(
            abi, entries, (needs & HostNeeds.State) != 0,
            [.. module.Imports.Select(import => $"{import.Module}.{import.Name}").Distinct()]);
        return new GuestShape(
            info, needs, abi == GuestAbi.WasiCommand ? new Dictionary<string, OnvmConvention>() : conventions,
            abi == GuestAbi.Onvm && Exports(module, InitializeExport, NothingToNothing), Exports(module, AllocateExport, SizeToPointer));
    }

    private static (GuestAbi Abi, IReadOnlyList<string> Entries, Dictionary<string, OnvmConvention> Conventions) Entries(
        WasmModule module, ReadOnlySpan<byte> bytes)
    {
        if (!module.ExportsByName.TryGetValue(MemoryExport, out var memory) || memory.Kind != ExternalKind.Memory)
            throw BadExport(bytes, $"missing memory: a program exports its memory under the name '{MemoryExport}'");

        var conventions = FindEntryPoints(module);
        var abi = ChooseAbi(module, bytes, conventions);
        IReadOnlyList<string> entries = abi == GuestAbi.WasiCommand ? [CommandEntry] : [.. EntryNames(module, conventions)];
        CheckEntryPoints(entries, bytes);
        return (abi, entries, conventions);
    }

    /// <returns>Why the module is no program: all imports that are refused, and the first of the other reasons.</returns>
    public static IReadOnlyList<InvalidModuleException> Refusals(WasmModule module, ReadOnlySpan<byte> bytes)
    {
        List<InvalidModuleException> refusals = [];
        for (var i = 0; i < module.Imports.Count; i++)
        {
            try
            {
                CheckImport(module.Imports[i], bytes, i);
            }
            catch (InvalidModuleException refusal)
            {
                refusals.Add(refusal);
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

        return refusals;
    }

    private static Dictionary<string, OnvmConvention> FindEntryPoints(WasmModule module)
    {
        var conventions = new Dictionary<string, OnvmConvention>();
        foreach (var export in module.Exports)
        {
            if (OnvmConventions.Of(export) is { } convention)
                conventions.Add(export.Name, convention);
        }

        return conventions;
    }

    private static void CheckEntryPoints(IReadOnlyList<string> names, ReadOnlySpan<byte> bytes)
    {
        if (names.Count > GuestPolicy.EntryPointsMax)
            throw BadExport(bytes, $"{names.Count} entry points: the limit is {GuestPolicy.EntryPointsMax}");
        foreach (var name in names)
        {
            if (Encoding.UTF8.GetByteCount(name) is var size && size > GuestPolicy.EntryPointNameBytesMax)
            {
                throw BadExport(
                    bytes, $"an entry point name of {size} bytes: the limit is {GuestPolicy.EntryPointNameBytesMax}: {GuestNames.Show(name)}");
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
            throw BadExport(bytes, $"wrong signature: '{CommandEntry}' is not a function of type {NothingToNothing}");
        var importsOnvm = module.Imports.Any(import => import.Module == OnvmImports.Module);
        if (conventions.Count > 0 && (importsOnvm || !starts))
            return GuestAbi.Onvm;
        if (starts)
            return GuestAbi.WasiCommand;
        throw BadExport(
            bytes,
            $"missing entry point: neither '{CommandEntry}' nor a function of type {string.Join(", ", OnvmConventions.Types)} is exported");
    }

    private static HostNeeds CheckImport(ModuleImport import, ReadOnlySpan<byte> bytes, int index)
    {
        var name = GuestNames.Show($"{import.Module}.{import.Name}");
        if (Offered.TryGetValue((import.Module, import.Name), out var call))
        {
            return call.Type.Equals(import.Type)
                ? call.Needs
                : throw BadImport(bytes, index, $"incompatible import type: {name} is a function of type {call.Type}");
        }

        throw BadImport(
            bytes, index,
            $"unknown import {name}: a program may import only functions of {WasiImports.Module}, {WasiImports.UnstableModule} and "
            + $"{OnvmImports.Module}.onvm_*");
    }

    private static bool Exports(WasmModule module, string name, FunctionType type) =>
        module.ExportsByName.TryGetValue(name, out var export) && type.Equals(export.Type);

    private static Imports Offer()
    {
        var imports = new Imports();
        foreach (var call in Offered.Values)
            imports.Add(call.Module, call.Name, call.Function);
        return imports;
    }

    private static InvalidModuleException BadImport(ReadOnlySpan<byte> bytes, int index, string reason) =>
        new(ModuleFault.NotAProgram, ModuleOffsets.OfImport(bytes, index), reason);

    private static InvalidModuleException BadExport(ReadOnlySpan<byte> bytes, string reason) =>
        new(ModuleFault.NotAProgram, ModuleOffsets.OfSection(bytes, ModuleOffsets.ExportSection), reason);
}
