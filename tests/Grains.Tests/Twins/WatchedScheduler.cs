using Marketplace.GrainHost.Turns;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Twins;

/// <summary>
/// The run's scheduler as one of several hosts sees it: their steps have the same names, so each host's are told apart here.
/// </summary>
internal sealed class WatchedScheduler(ITurnScheduler run, Action<TurnStep> onStep) : ITurnScheduler
{
    public int StepsPerTurn => run.StepsPerTurn;

    public bool ObservesSteps => run.ObservesSteps;

    public void Schedule(IThreadPoolWorkItem turn) => run.Schedule(turn);

    public void Observe(in TurnStep step)
    {
        run.Observe(step);
        onStep(step);
    }

    public bool FlipCoin() => run.FlipCoin();

    public void CheckArrival(string grain, string method) => run.CheckArrival(grain, method);
}
