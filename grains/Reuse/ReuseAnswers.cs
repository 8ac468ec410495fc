using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Finds for a new job the receipt of an earlier one that answers it: the index, the earlier job itself, its dispute, and the bytes of its
/// output, in this order, so that most jobs without an answer cost one or two calls.
/// </summary>
/// <param name="grains">Have the index, the earlier jobs and what they put out.</param>
/// <param name="terms">The operator's.</param>
/// <param name="clock">Tells how old a receipt is.</param>
/// <param name="epoch">Finds the epoch of this moment; 0: there is none.</param>
internal sealed class ReuseAnswers(IGrainFactory grains, ReuseTerms terms, TimeProvider clock, Func<Task<ulong>> epoch)
{
    /// <param name="job">Its id. One that exists already has no use for an answer.</param>
    /// <param name="caller">Whose job it is. What the earlier one put out is pinned for the account, on its quota.</param>
    /// <param name="spec">What is asked for.</param>
    /// <param name="program">What would be run.</param>
    /// <param name="refusals">Workers and owners that the account refuses.</param>
    /// <returns>How the job ends, null where it is to run; and when the earlier one has ended.</returns>
    public async Task<(JobEnd? End, DateTimeOffset EarlierEndedAt)> Find(
        JobId job,
        Caller caller,
        JobSpec spec,
        ProgramView program,
        RefusalList? refusals
    )
    {
        foreach (var key in ReuseRules.KeysFor(caller.Account, spec, program.Module, terms.Profile))
        {
            if (
                await grains.GetGrain<IReuseGrain>(key.ToString()).Find() is { } known
                // The earlier job says so too; its receipt takes signatures to make.
                && (known.Epoch == 0 || known.Epoch == await epoch())
                && await grains.GetGrain<IJobGrain>(known.Job.ToString()).GetReusable(Authority.Submission) is { } run
                && ReuseRules.Answers(
                    caller.Account,
                    spec,
                    program.Module,
                    run,
                    refusals,
                    run.Account == caller.Account ? 0 : await epoch(),
                    clock.GetUtcNow(),
                    terms
                )
                && await grains.GetGrain<IDisputeGrain>(known.Job.ToString()).IsBeyondDoubt()
                && await TryPin(job, caller, run.End.Output)
            )
            {
                return (ReuseRules.End(run, program.Deployer, terms.Percent), run.EndedAt);
            }
        }
        return default;
    }

    /// <summary>Where the job is not written after all, the account keeps the pins and can remove them.</summary>
    private async Task<bool> TryPin(JobId job, Caller caller, JobOutput output)
    {
        if (output is { Blob: null, Files.IsDefaultOrEmpty: true })
        {
            return true;
        }
        if (await IsKnown(job))
        {
            // A request that is repeated later must not bring back what the account has removed since.
            return false;
        }
        try
        {
            if (output.Blob is { } blob)
            {
                await Pin(caller, blob, output.Size);
            }
            foreach (var file in output.Files.IsDefault ? [] : output.Files)
            {
                await Pin(caller, file.Blob, file.Size);
            }
            return true;
        }
        catch (MarketException missing) when (missing.Code is ErrorCode.BlobNotFound or ErrorCode.QuotaExceeded or ErrorCode.LimitExceeded)
        {
            return false;
        }
    }

    private async Task<bool> IsKnown(JobId job) =>
        await grains.GetGrain<IJobGrain>(job.ToString()).GetSettlement(Authority.Submission) is not { IsOfJob: false };

    private Task Pin(Caller caller, BlobId blob, long size) =>
        LostWrites.Resend(() => grains.GetGrain<IBlobGrain>(blob.ToString()).Pin(caller.Account, size, caller, Authority.Submission));
}
