using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Asks the jobs of an account's holds how they ended.</summary>
/// <param name="id">The account.</param>
/// <param name="grains">Reaches the jobs.</param>
/// <param name="clock">The account's clock.</param>
internal sealed class HoldQuestions(AccountId id, IGrainFactory grains, TimeProvider clock)
{
    /// <returns>How the job ended, or null; or why it could not be asked. Never throws: the other jobs' answers must not be lost with
    /// it.</returns>
    public async Task<(JobSettlement? Ended, Exception? Failure)> TryAsk(JobId job, Hold hold)
    {
        try
        {
            var ended = await Ask(job, hold);
            hold.Answered();
            return (ended, null);
        }
        catch (Exception failure)
        {
            hold.AskAgainAfterFailure(clock.GetUtcNow());
            return (null, failure);
        }
    }

    private async Task<JobSettlement?> Ask(JobId job, Hold hold)
    {
        var last = hold.Last;
        hold.AskLater(clock.GetUtcNow());
        var answer = await LostWrites.Resend(() => grains.GetGrain<IJobGrain>(job.ToString()).GetSettlement(Authority.Account));
        // While the job was asked, a repeated request may have created it on the renewed hold.
        if (answer is null || hold.Last != last)
        {
            return null;
        }
        if (answer.Payer == id)
        {
            return answer;
        }
        if (answer.Payer != default)
        {
            throw new InvalidOperationException(
                $"This is a bug in the market: job {job}, which account {id} holds money for, names {answer.Payer} as its payer."
            );
        }
        // The request that made a young hold may still be about to create its job.
        return clock.GetUtcNow() - last >= AccountPolicy.HoldOrphanAge ? JobSettlement.Unknown(job, id) : null;
    }
}
