using Marketplace.Engine.Guests.Onvm;
using Marketplace.Engine.Guests.Wasi;

namespace Marketplace.Engine.Guests;

/// <summary>
/// Whether all that run a program truthfully on the same input get the same result. The engine sees to it for code (GUESTS.md, "The same
/// result everywhere"), so what a program imports decides.
/// </summary>
public static class GuestDeterminism
{
    /// <summary>
    /// What an invocation fixes: program state by the root that a run starts from, signatures because they are computed. A blob that the
    /// program names while it runs is there or not, as the payer keeps it at that moment.
    /// </summary>
    private const HostNeeds Fixed = HostNeeds.State | HostNeeds.Signatures;

    private static readonly HashSet<string> Varying =
    [
        .. WasiImports.All.Concat(OnvmImports.All).Where(call => (call.Needs & ~Fixed) != 0).Select(call => $"{call.Module}.{call.Name}"),
    ];

    /// <param name="imports">As in <see cref="GuestInfo.Imports"/>.</param>
    /// <returns>Why truthful runs may differ, for people, without a full stop; null where they do not.</returns>
    public static string? ReasonAgainst(IEnumerable<string> imports) =>
        imports.FirstOrDefault(Varying.Contains) is { } import
            ? $"it imports {import}, and a blob that it asks for by name may be gone when the next one runs it (give it as an input file)"
            : null;
}
