using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>How a run ended.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<RunOutcome>))]
public enum RunOutcome
{
    /// <summary>The program ran to its end.</summary>
    Completed = 0,

    /// <summary>The program trapped.</summary>
    Trapped = 1,

    /// <summary>The program ended with a failure of its own.</summary>
    Failed = 2,

    /// <summary>It used up its fuel.</summary>
    OutOfFuel = 3,

    /// <summary>It asked for more memory than allowed.</summary>
    OutOfMemory = 4,

    /// <summary>It ran longer than allowed.</summary>
    TimedOut = 5,

    /// <summary>The market stopped the lease.</summary>
    Cancelled = 6,

    /// <summary>It gave more output than allowed.</summary>
    OutputTooLarge = 7,

    /// <summary>The worker failed; another may do better.</summary>
    WorkerFault = 8,

    /// <summary>Module or input could not be fetched.</summary>
    InputUnavailable = 9,

    /// <summary>The module is not valid.</summary>
    InvalidModule = 10,

    /// <summary>Not started: the lease goes back to the market. Neither a failure nor a retry.</summary>
    Returned = 11,
}

public static class RunOutcomes
{
    /// <summary>
    /// Whether a run came to its end, which is then the same for all who run it truthfully. Else it was given back, stopped, or lost by a
    /// fault of its worker.
    /// </summary>
    public static bool IsEnd(this RunOutcome outcome) =>
        outcome is not (RunOutcome.Cancelled or RunOutcome.WorkerFault or RunOutcome.Returned);
}
