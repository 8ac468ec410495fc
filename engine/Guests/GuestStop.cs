namespace Marketplace.Engine.Guests;

/// <summary>
/// Thrown by a host function to end the run: an exit, or a bound that has no error code of its own. It unwinds the guest's frames and is
/// caught where the run began; a guest cannot catch it.
/// </summary>
internal sealed class GuestStop(GuestOutcome outcome, int? exitCode, string? reason) : Exception(reason)
{
    public GuestOutcome Outcome { get; } = outcome;

    public int? ExitCode { get; } = exitCode;

    public string? Reason { get; } = reason;

    public static GuestStop OutputTooLarge(long size, int sizeMax) =>
        new(GuestOutcome.OutputTooLarge, null, $"the output has at least {size} bytes, the limit is {sizeMax}");

    public static GuestStop Failed(string reason) => new(GuestOutcome.Failed, null, reason);
}
