using System.Text;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Runtime;

/// <summary>Finds what satisfies an import (core specification, 4.5.3: external typing, and 3.4: import matching).</summary>
internal static class ImportMatching
{
    /// <exception cref="LinkException">Nothing does.</exception>
    public static External Find(Imports imports, ModuleImport import, Run run)
    {
        var external =
            imports.Find(import.Module, import.Name)
            ?? throw new LinkException(LinkFault.UnknownImport, $"unknown import: {NameOf(import)}");
        if (!Matches(external.Type, import.Type))
        {
            throw new LinkException(
                LinkFault.IncompatibleImport,
                $"incompatible import type: {NameOf(import)} is {external.Type}, expected {import.Type}"
            );
        }

        var foreign = external switch
        {
            Function function => function.Context.Run != run,
            Table table => !table.TryJoin(run),
            _ => false,
        };
        return !foreign ? external : throw new LinkException(LinkFault.IncompatibleImport, $"{NameOf(import)} belongs to another run");
    }

    /// <summary>As it may stand in a message: the module's author chose it, and it may have 200,000 bytes.</summary>
    private static string NameOf(ModuleImport import) => NameSection.Show(Encoding.UTF8.GetBytes($"{import.Module}.{import.Name}"));

    private static bool Matches(ExternalType offered, ExternalType wanted) =>
        (offered, wanted) switch
        {
            (TableType have, TableType want) => have.Element == want.Element && Fits(have.Limits, want.Limits),
            (MemoryType have, MemoryType want) => have.Shared == want.Shared && Fits(have.Limits, want.Limits),
            _ => offered.Equals(wanted),
        };

    private static bool Fits(SizeLimits have, SizeLimits want) => have.Min >= want.Min && (want.Max is not { } max || have.Max <= max);
}
