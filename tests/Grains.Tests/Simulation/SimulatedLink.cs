using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Orleans.Storage;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>Calls from outside over a link that loses, repeats and delays them.</summary>
internal sealed class SimulatedLink(Func<IGrainFactory> grains, FaultPlan plan, SeededChance chance, TimeProvider time)
{
    /// <summary>Of one call: far more than faults by chance can make it need.</summary>
    private const int AttemptsMax = 2000;

    public TimeProvider Time => time;

    /// <summary>One call over the link.</summary>
    /// <exception cref="LinkException">The call or its answer was lost: the caller does not know which.</exception>
    public async Task<TAnswer> Call<TAnswer>(Func<IGrainFactory, Task<TAnswer>> call)
    {
        await Pause(2);
        if (plan.Happens(chance, "call lost", 20_000))
        {
            throw new LinkException("The call was lost.");
        }
        if (plan.Happens(chance, "call late", 20_000))
        {
            await Pause(2000);
        }
        if (plan.Happens(chance, "call doubled", 20_000))
        {
            _ = Forget(call);
        }
        TAnswer answer;
        try
        {
            answer = await call(grains());
        }
        catch (InconsistentStateException lost)
        {
            plan.Count("lost write seen");
            throw new MarketException(ErrorCode.Unavailable, lost.Message);
        }
        catch (Exception failure) when (failure is not (MarketException or LinkException))
        {
            throw new LinkException(failure.Message);
        }

        if (plan.Happens(chance, "answer late", 50_000))
        {
            await Pause(2000);
        }
        return plan.Happens(chance, "answer lost", 20_000) ? throw new LinkException("The answer was lost.") : answer;
    }

    /// <summary>Repeats the call until it is answered, as the SDK and the worker do with calls that are safe to repeat.</summary>
    public async Task<TAnswer> Insist<TAnswer>(Func<IGrainFactory, Task<TAnswer>> call)
    {
        var last = "";
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            try
            {
                return await Call(call);
            }
            catch (LinkException failure)
            {
                last = failure.Message;
            }
            catch (MarketException refused) when (refused.Code is ErrorCode.Unavailable or ErrorCode.OutcomeUnknown)
            {
                last = refused.Message;
            }

            await Pause(500);
        }

        throw new InvalidOperationException($"A call was not answered in {AttemptsMax} attempts; the last: {last}");
    }

    public Task Insist(Func<IGrainFactory, Task> call) =>
        Insist(async factory =>
        {
            await call(factory);
            return true;
        });

    public Task Pause(int millisecondsMax) => Task.Delay(TimeSpan.FromMicroseconds(1 + chance.Below(1000 * millisecondsMax)), time);

    private async Task Forget<TAnswer>(Func<IGrainFactory, Task<TAnswer>> call)
    {
        try
        {
            await call(grains());
        }
        catch (Exception)
        {
            // Nobody waits for the double of a call.
            return;
        }
    }
}

internal sealed class LinkException(string message) : Exception(message);
