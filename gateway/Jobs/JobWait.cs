using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>
/// Waits for the end of a job over as many grain calls as it takes: one call is never longer than <see cref="MarketLimits.WaitMax"/>.
/// </summary>
internal static class JobWait
{
    /// <returns>The job as it is when it has ended, or when the time is over.</returns>
    public static async Task<JobView> For(IJobGrain job, Caller caller, int seconds, TimeProvider time, CancellationToken cancellation)
    {
        if (seconds == 0)
        {
            return await job.Get(caller).WaitAsync(cancellation);
        }
        var begin = time.GetTimestamp();
        var whole = TimeSpan.FromSeconds(seconds);
        while (true)
        {
            var left = whole - time.GetElapsedTime(begin);
            if (left <= TimeSpan.Zero)
            {
                return await job.Get(caller).WaitAsync(cancellation);
            }
            var slice = left < MarketLimits.WaitMax ? left : MarketLimits.WaitMax;
            var asked = time.GetTimestamp();
            var view = await job.WaitEnded(caller, slice, cancellation).WaitAsync(cancellation);
            if (view.Status.HasEnded())
            {
                return view;
            }
            // Too many wait for the job, or its silo stops: asked again at once, the job would be asked without end.
            var unused = slice - time.GetElapsedTime(asked);
            if (unused > TimeSpan.Zero)
            {
                await Task.Delay(unused < GatewayPolicy.WaitAgainAfter ? unused : GatewayPolicy.WaitAgainAfter, time, cancellation);
            }
        }
    }
}
