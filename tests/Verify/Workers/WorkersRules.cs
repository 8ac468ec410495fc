namespace Marketplace.Verify.Workers;

/// <summary>What must hold of jobs whose workers were killed.</summary>
internal sealed class WorkersRules(IReadOnlyList<Kill> kills)
{
    /// <summary>How long a lease lasts without its worker: three heartbeats and five seconds, as the market says.</summary>
    private static readonly TimeSpan Lease = (3 * WorkerLimits.HeartbeatPeriod) + TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>Runs that a kill met.</summary>
    public int Interrupted { get; private set; }

    /// <summary>The longest time from a kill until the job was with a worker again.</summary>
    public TimeSpan LongestWait { get; private set; }

    public IEnumerable<string> Check(Job job)
    {
        if (job.State != JobState.Completed)
        {
            yield return $"{job.RequestId} is {job.State}: {job.Reason}";
        }
        for (var index = 0; index + 1 < job.History.Count; index++)
        {
            var (step, next) = (job.History[index], job.History[index + 1]);
            if (step.State != JobState.Matched || next.State != JobState.Pending)
            {
                continue;
            }
            // A poll of a worker that was just killed waits until its connection is seen to have ended: it may still be given a job.
            var since = kills.Where(kill => kill.Worker == step.Worker && kill.At >= step.At - Grace && kill.At <= next.At).ToArray();
            if (since.Length == 0)
            {
                yield return $"{job.RequestId} was taken from {step.Worker}, which was not killed: {next.Note}";
                continue;
            }
            Interrupted++;
            var again = job.History.Skip(index + 2).FirstOrDefault(later => later.State == JobState.Matched)?.At ?? job.EndedAt!.Value;
            var wait = again - since[0].At;
            LongestWait = wait > LongestWait ? wait : LongestWait;
            if (wait > Lease + Grace)
            {
                yield return $"{job.RequestId} waited {wait} after its worker was killed; allowed are {Lease} and {Grace}.";
            }
        }
    }

    public IEnumerable<string> CheckMoney(IReadOnlyList<Job> jobs, Account client, TokenAmount earned, CheckedBooks books)
    {
        var charged = jobs.Aggregate(TokenAmount.Zero, (sum, job) => sum + job.Charge);
        if (charged != client.Spent || charged != earned)
        {
            yield return $"The jobs cost {charged}, the client spent {client.Spent}, the workers earned {earned}.";
        }
        if (!client.Held.IsZero || client.OpenJobs != 0)
        {
            yield return $"All jobs have ended, and {client.Held} is still held for {client.OpenJobs} jobs.";
        }
        if (books.State != BooksState.Sound)
        {
            yield return $"The books are {books.State}: {string.Join(" ", books.Violations ?? [])} {books.Reason}";
        }
    }
}
