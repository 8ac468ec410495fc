namespace Marketplace.GrainHost.Turns;

/// <summary>Decides on which thread, and in which order, the turns of all activations run.</summary>
/// <remarks>
/// A turn is handed over once and wants to be executed once; the same activation is never handed over again before its turn
/// has ended. <see cref="Schedule"/> is called from any thread and must not run the turn itself.
/// </remarks>
public interface ITurnScheduler
{
    /// <summary>
    /// How many steps (a request's first part, or one continuation) a turn runs before it goes to the back of the queue:
    /// more saves hand-overs, fewer is fairer to the other activations.
    /// </summary>
    int StepsPerTurn { get; }

    void Schedule(IThreadPoolWorkItem turn);

    /// <summary>Tells the scheduler of one step. Not called where <see cref="ObservesSteps"/> is false.</summary>
    void Observe(in TurnStep step);

    bool ObservesSteps { get; }

    /// <summary>Decides whether an activation goes on or begins the next call. Only asked where <see cref="ObservesSteps"/>.</summary>
    bool FlipCoin();

    /// <summary>Called when work for an activation arrives; throws or records where the current thread has no business here.</summary>
    void CheckArrival(string grain, string method);
}
