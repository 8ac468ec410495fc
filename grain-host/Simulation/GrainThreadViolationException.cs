namespace Marketplace.GrainHost.Simulation;

/// <summary>Grain code has left its turns, for instance by <c>Task.Run</c>: its run cannot be repeated from the seed.</summary>
public sealed class GrainThreadViolationException(string grain, string method)
    : Exception(
        $"{Describe(grain, method)} ran on a thread of its own or was continued by one. Everything in a grain must run in its turns: "
            + "no Task.Run, no threads, no timers of the system, no ConfigureAwait(false), no real input or output."
    )
{
    /// <summary>The grain, as type/key; empty where it was no grain.</summary>
    public string Grain { get; } = grain;

    /// <summary>The method, as interface.method; empty where that is not known.</summary>
    public string Method { get; } = method;

    private static string Describe(string grain, string method) =>
        grain.Length == 0 ? "Code outside of the grains"
        : method.Length == 0 ? grain
        : $"{method} of {grain}";
}
