namespace Marketplace;

/// <summary>What a job's state tells.</summary>
public static class JobStates
{
    extension(JobState state)
    {
        /// <summary>Whether the state is a last one: nothing of the job changes any more.</summary>
        public bool HasEnded() =>
            state is JobState.Completed or JobState.Failed or JobState.Cancelled or JobState.TimedOut or JobState.Expired;
    }
}
