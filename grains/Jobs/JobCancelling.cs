using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Ends of jobs that their clients cancel. Pure.</summary>
internal static class JobCancelling
{
    private const string Cancelled = "The client cancelled the job.";

    /// <param name="run">What the market knows of its run; null: none has begun.</param>
    /// <param name="fuel">What that counts as.</param>
    public static JobEnd Of(OpenRun? run, long fuel) =>
        new(
            Status: JobStatus.Cancelled,
            Fault: JobFault.Client,
            Code: ErrorCode.CancelledByClient,
            Reason: run is null ? Cancelled : $"{Cancelled} {RunsOf(run)} had begun and counts as {fuel} fuel.",
            Worker: run?.Worker,
            Payee: run?.PayTo,
            PricePerMillionFuel: run?.PricePerMillionFuel ?? TokenAmount.Zero,
            FuelUsed: fuel,
            Output: default,
            Log: default,
            RootBefore: null,
            RootAfter: null,
            History: [],
            Explanation: new JobExplanation(Cancelled, [])
        )
        {
            Others = run?.Others ?? default,
        };

    /// <summary>
    /// The runs of a job are over whose end a committee is to sign: those that made them are paid as they would be then. So cancelling
    /// never takes from the members what they have earned, and a signature that does not come keeps no client waiting.
    /// </summary>
    /// <param name="proposed">The end that the committee is to sign.</param>
    public static JobEnd AtPriceOf(JobEnding proposed)
    {
        var end = proposed.End;
        if (proposed.Charge.IsZero || end.Worker is not { } worker || end.Payee is not { } payee)
        {
            return Of(null, 0);
        }
        var others = end.Others.IsDefaultOrEmpty ? default : end.Others.Select(seat => seat with { Signed = null });
        var run = new OpenRun(worker, payee, end.PricePerMillionFuel, end.FuelUsed, HasBegun: true)
        {
            Others = others is null ? default : [.. others],
        };
        return Of(run, end.FuelUsed) with
        {
            Reason = $"{Cancelled} It had run, and its committee had not signed the result yet: it costs what it would with the signature.",
        };
    }

    private static string RunsOf(OpenRun run) => run.Others.IsDefaultOrEmpty ? "Its run" : $"Each of {1 + run.Others.Length} runs";
}
