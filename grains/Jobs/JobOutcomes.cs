using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What a worker's words about a run mean for the job: the only place where they are translated.</summary>
internal static class JobOutcomes
{
    /// <summary>What a report means.</summary>
    internal enum Verdict
    {
        /// <summary>The job ends with it.</summary>
        Final = 0,

        /// <summary>The worker failed: another worker may try, which counts as a retry.</summary>
        WorkerFailed = 1,

        /// <summary>The run was interrupted and no party is at fault: it starts again.</summary>
        Interrupted = 2,

        /// <summary>The run was not begun: the job goes back to its place, and nothing is counted.</summary>
        Returned = 3,
    }

    public static Verdict VerdictOf(RunOutcome outcome) =>
        outcome switch
        {
            RunOutcome.WorkerFault => Verdict.WorkerFailed,
            // The market asks for a stop only after it has forgotten the lease. So if a known lease is reported as stopped, its worker gave
            // it up.
            RunOutcome.Cancelled => Verdict.Interrupted,
            RunOutcome.Returned => Verdict.Returned,
            _ when !Enum.IsDefined(outcome) => Verdict.WorkerFailed,
            _ => Verdict.Final,
        };

    /// <summary>Status, fault and code of a run that ends its job.</summary>
    public static (JobStatus Status, JobFault Fault, ErrorCode? Code) End(RunOutcome outcome) =>
        outcome switch
        {
            RunOutcome.Completed => (JobStatus.Completed, JobFault.None, null),
            RunOutcome.Trapped => (JobStatus.Failed, JobFault.Program, ErrorCode.ProgramTrapped),
            RunOutcome.Failed => (JobStatus.Failed, JobFault.Program, ErrorCode.ProgramFailed),
            RunOutcome.OutOfFuel => (JobStatus.Failed, JobFault.Program, ErrorCode.OutOfFuel),
            RunOutcome.OutOfMemory => (JobStatus.Failed, JobFault.Program, ErrorCode.OutOfMemory),
            RunOutcome.TimedOut => (JobStatus.TimedOut, JobFault.Program, ErrorCode.TimeExceeded),
            RunOutcome.OutputTooLarge => (JobStatus.Failed, JobFault.Program, ErrorCode.OutputTooLarge),
            RunOutcome.InputUnavailable => (JobStatus.Failed, JobFault.Input, ErrorCode.InputUnavailable),
            RunOutcome.InvalidModule => (JobStatus.Failed, JobFault.Input, ErrorCode.InvalidModule),
            RunOutcome.WorkerFault or RunOutcome.Cancelled => (JobStatus.Failed, JobFault.Worker, ErrorCode.WorkerFailed),
            // A number that this build does not know comes from a worker that breaks the protocol.
            _ => (JobStatus.Failed, JobFault.Worker, ErrorCode.WorkerFailed),
        };
}
