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

    /// <summary>
    /// What shows a program something of the job beside what its client chose: the moment of its submission (also as the times of files,
    /// and as clocks that have rung), or its id, from which randomness comes.
    /// </summary>
    private static readonly HashSet<string> OfTheJob =
    [
        .. WasiImports
            .All.Where(call => call.Name is "clock_time_get" or "random_get" or "poll_oneoff" or "fd_filestat_get" or "path_filestat_get")
            .Concat(OnvmImports.All.Where(call => call.Name is "onvm_now_ms" or "onvm_random_bytes"))
            .Select(call => $"{call.Module}.{call.Name}"),
    ];

    /// <param name="imports">As in <see cref="GuestInfo.Imports"/>.</param>
    /// <returns>Why two jobs with the same input may have different results, for people, without a full stop; null where they have the
    /// same, from the same root of the program's state.</returns>
    public static string? ReasonAgainstReuse(IReadOnlyCollection<string> imports) =>
        ReasonAgainst(imports)
        ?? (
            imports.FirstOrDefault(OfTheJob.Contains) is { } import
                ? $"it imports {import}, which shows it the job's moment, or numbers that are drawn from the job's id"
                : null
        );

    /// <param name="imports">As in <see cref="GuestInfo.Imports"/>.</param>
    /// <returns>Why truthful runs may differ, for people, without a full stop; null where they do not.</returns>
    public static string? ReasonAgainst(IEnumerable<string> imports) =>
        imports.FirstOrDefault(Varying.Contains) is { } import
            ? $"it imports {import}, and a blob that it asks for by name may be gone when the next one runs it (give it as an input file)"
            : null;
}
