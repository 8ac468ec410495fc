namespace Marketplace.GrainHost.Turns;

/// <summary>The production scheduler: turns run on the thread pool.</summary>
public sealed class ThreadPoolTurnScheduler : ITurnScheduler
{
    /// <summary>Enough that a busy grain pays little for hand-overs, few enough that its neighbours hardly wait.</summary>
    public int StepsPerTurn => 64;

    public bool ObservesSteps => false;

    /// <summary>
    /// To the current thread's own queue: the callee then finds the arguments in this core's cache, and an idle thread steals
    /// it when this one stays busy.
    /// </summary>
    public void Schedule(IThreadPoolWorkItem turn) => ThreadPool.UnsafeQueueUserWorkItem(turn, preferLocal: true);

    public void Observe(in TurnStep step) { }

    public bool FlipCoin() => false;

    public void CheckArrival(string grain, string method) { }
}
