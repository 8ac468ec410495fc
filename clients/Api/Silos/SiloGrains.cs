namespace Marketplace;

/// <summary>What the grains do: those of the asked silo, and how many there are on the other silos of its cluster.</summary>
/// <param name="WindowMs">
/// Calls and latencies are of the last so many milliseconds: 10,000 to 20,000 where somebody asks all the time, else the time since the
/// last question.
/// </param>
/// <param name="Grains">The activations by class, the most first.</param>
/// <param name="Methods">The methods that were called in the window, the busiest first, by calls times latency.</param>
/// <param name="Reminders">Durable reminders that will tick; absent on a cluster, whose database knows.</param>
public sealed record SiloGrains(long WindowMs, IReadOnlyList<GrainActivations> Grains, IReadOnlyList<GrainMethod> Methods, int? Reminders);

/// <summary>The activations of one class of grains on one silo.</summary>
/// <param name="Grain">The class.</param>
/// <param name="Silo">The silo's address; absent where there is one silo.</param>
/// <param name="Activations">How many there are.</param>
/// <param name="Waiting">Calls in their mailboxes; absent on a cluster.</param>
/// <param name="WaitingMax">Calls in the fullest mailbox; absent on a cluster.</param>
/// <param name="Running">Calls that have begun and not ended; absent on a cluster.</param>
public sealed record GrainActivations(string Grain, string? Silo, int Activations, int? Waiting, int? WaitingMax, int? Running);

/// <summary>The calls of one method on the asked silo.</summary>
/// <param name="Grain">The grain's interface.</param>
/// <param name="Method">The method.</param>
/// <param name="Calls">In the window.</param>
/// <param name="Failures">Of the window's calls, those that ended with an exception; a refusal is one too.</param>
/// <param name="P50Us">Half of the window's calls ran for at most so many microseconds, rounded up by a quarter at most.</param>
/// <param name="P99Us">99 of 100 did.</param>
/// <param name="CallsTotal">Since the silo's start.</param>
/// <param name="FailuresTotal">Since the silo's start.</param>
public sealed record GrainMethod(
    string Grain,
    string Method,
    long Calls,
    long Failures,
    long P50Us,
    long P99Us,
    long CallsTotal,
    long FailuresTotal
);
