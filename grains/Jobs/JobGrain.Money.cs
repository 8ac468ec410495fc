using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What others ask to pay and to compensate; of a dropped job as well.</summary>
public sealed partial class JobGrain
{
    public async Task<JobSettlement?> GetSettlement(Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Account, Authority.Market, Authority.Submission);
        await _job.Load();
        // Money is given back on "does not exist", and a run begins on "is open".
        if (_job.Value is not { Ending: not null })
        {
            await _job.Refresh();
        }
        LeaveUnlessKept();
        if (_job.Value is not { } job)
        {
            return JobSettlement.Unknown(_id, default);
        }
        return job.ToSettlement(_id);
    }

    public async Task<JobPayment?> GetPayment(Authority by)
    {
        Authorities.Require(by, Authority.Treasury);
        await LoadPresent();
        LeaveUnlessKept();
        return _job.Value?.ToPayment();
    }
}
