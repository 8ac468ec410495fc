namespace Marketplace.Engine.Guests;

/// <summary>How a guest's code ended.</summary>
/// <param name="Outcome">Which end.</param>
/// <param name="Reason">Null when completed.</param>
/// <param name="ExitCode">Null where the guest was stopped before it ended by itself.</param>
internal readonly record struct GuestEnd(GuestOutcome Outcome, string? Reason, int? ExitCode)
{
    /// <summary>
    /// Runs a guest and turns every way in which it may end into an outcome. Only what the host's own views threw comes out.
    /// </summary>
    public static GuestEnd Of(Action guest, Run run, GuestInvocation invocation)
    {
        try
        {
            guest();
            return new GuestEnd(GuestOutcome.Completed, null, 0);
        }
        catch (TrapException trap)
        {
            return OfTrap(trap, run, invocation.Limits);
        }
        catch (GuestStop stop)
        {
            return new GuestEnd(stop.Outcome, stop.Reason, stop.ExitCode);
        }
        catch (LinkException link) when (link.Fault == LinkFault.LimitExceeded)
        {
            return new GuestEnd(GuestOutcome.OutOfMemory, link.Message, null);
        }
        catch (GuestHostFault fault)
        {
            if (fault.InnerException is OperationCanceledException && invocation.Cancellation.IsCancellationRequested)
            {
                return new GuestEnd(GuestOutcome.Cancelled, TrapException.TextOf(TrapKind.Cancelled), null);
            }
            fault.Cause.Throw();
            throw;
        }
        catch (Exception bug)
        {
            return new GuestEnd(GuestOutcome.EngineFault, $"the engine failed: {bug.GetType().Name}: {bug.Message}", null);
        }
    }

    private static GuestEnd OfTrap(TrapException trap, Run run, GuestLimits limits)
    {
        var text = TrapException.TextOf(trap.Kind);
        var textAndSite = trap.Site is { } site ? $"{text} in {site}" : text;
        return trap.Kind switch
        {
            TrapKind.OutOfFuel => new(GuestOutcome.OutOfFuel, $"{textAndSite}: the limit is {limits.FuelMax}", null),
            TrapKind.TimedOut => new(GuestOutcome.TimedOut, $"{text}: the limit is {limits.TimeMax.TotalMilliseconds} ms", null),
            TrapKind.Cancelled => new(GuestOutcome.Cancelled, text, null),

            // What a program that cannot go on without memory does: malloc or the allocator of Rust fails, and abort is unreachable.
            TrapKind.Unreachable when run.MemoryRefused => new(
                GuestOutcome.OutOfMemory,
                $"{text}, after memory was refused: the limit is {limits.MemoryPagesMax} pages",
                null
            ),
            _ => new(GuestOutcome.Trapped, textAndSite, null),
        };
    }
}
