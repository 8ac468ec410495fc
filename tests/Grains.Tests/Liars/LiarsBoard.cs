using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Liars;

/// <summary>A result of a job: what came out, and what it took.</summary>
internal readonly record struct ToldResult(string Output, long Fuel);

/// <summary>
/// What stands beside the market: the oracle, which knows each job's right result; what the conspiracy's members tell each other; and what
/// a lazy worker with an ear in the market's own house can hear, which is each result from the moment when it is told.
/// </summary>
internal sealed class LiarsBoard(Assurance assurance)
{
    private const int BoldParts = 2;

    private readonly Dictionary<JobId, HashSet<WorkerId>> _conspirators = [];
    private readonly Dictionary<JobId, List<ToldResult>> _told = [];
    private readonly Dictionary<JobId, HashSet<WorkerId>> _copies = [];
    private readonly HashSet<(JobId Job, WorkerId Juror)> _jurorsCopies = [];

    /// <summary>The last result that was told of any job.</summary>
    public ToldResult? Last { get; private set; }

    /// <summary>Calls of workers that failed.</summary>
    public List<string> Failures { get; } = [];

    public int Copied => _copies.Values.Sum(copies => copies.Count);

    public int CopiedByJurors => _jurorsCopies.Count;

    /// <summary>The right one: what the program gives for this input.</summary>
    public static ToldResult RightOf(ReadOnlySpan<byte> input)
    {
        var hash = Blake3.Hash(input);
        return new ToldResult($"right {hash}", 200_000 + (long)(hash.Prefix % 100_000));
    }

    /// <summary>The conspiracy's: the same for all of its members, and dear.</summary>
    public static ToldResult LieOf(JobId job) => new($"lie about {job}", TestMarket.Spec(default).FuelMax);

    /// <summary>A member of the conspiracy has a seat.</summary>
    public void TakeSeat(JobId job, WorkerId worker) => At(_conspirators, job).Add(worker);

    /// <summary>
    /// Of half of the jobs they lie at any rate; of the others only where their seats are enough, as far as they have any by then. So both
    /// those who hope for more seats and those who risk nothing are among them.
    /// </summary>
    public bool Lies(JobId job) => IsBold(job) || At(_conspirators, job).Count >= assurance.Agreeing;

    /// <summary>A result is told in the clear.</summary>
    public void Tell(JobId job, ToldResult result)
    {
        Last = result;
        At(_told, job).Add(result);
    }

    /// <summary>What most have told of the job so far; null: nothing was told.</summary>
    public ToldResult? Overheard(JobId job) =>
        _told.TryGetValue(job, out var told) ? told.GroupBy(result => result).MaxBy(group => group.Count())!.Key : null;

    /// <summary>The market has taken what the worker had overheard, or the commitment to it.</summary>
    public void NoteCopy(JobId job, WorkerId by, bool isJuror) => _ = isJuror ? _jurorsCopies.Add((job, by)) : At(_copies, job).Add(by);

    public bool HasCopied(JobId job, WorkerId worker) => _copies.TryGetValue(job, out var copies) && copies.Contains(worker);

    private static bool IsBold(JobId job) => job.Value.Prefix % BoldParts == 0;

    private static TValue At<TValue>(Dictionary<JobId, TValue> all, JobId job)
        where TValue : new()
    {
        if (!all.TryGetValue(job, out var value))
        {
            all.Add(job, value = new TValue());
        }
        return value;
    }
}
