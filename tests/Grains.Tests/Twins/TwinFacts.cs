using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Twins;

/// <summary>What was acknowledged during a run, by whichever activation, and what contradicted it at once.</summary>
internal sealed class TwinFacts
{
    /// <summary>Jobs with their payers.</summary>
    public Dictionary<JobId, AccountId> Jobs { get; } = [];

    /// <summary>Jobs that write state; only the market ends them.</summary>
    public HashSet<JobId> Writing { get; } = [];

    public Dictionary<JobId, JobSettlement> Settlements { get; } = [];
    public Dictionary<(AccountId Account, string Operation), TokenAmount> Credits { get; } = [];
    public Dictionary<string, (AccountId Account, ApiKey Key)> Keys { get; } = [];
    public HashSet<string> RevokedKeys { get; } = [];

    /// <summary>Whether the account keeps the blob, as its last acknowledged call left it.</summary>
    public Dictionary<(AccountId Account, BlobId Blob), bool> Pins { get; } = [];

    public List<string> Violations { get; } = [];

    public SortedDictionary<string, int> Operations { get; } = new(StringComparer.Ordinal);

    public void Count(string operation) => Operations[operation] = Operations.GetValueOrDefault(operation) + 1;

    /// <summary>Every answer to how a job ended must be the same.</summary>
    public void Settled(JobId job, JobSettlement? answer)
    {
        if (answer is null || answer.Payer == default)
        {
            Violations.Add($"job {job} was acknowledged, and its end finds nothing");
        }
        else if (!Settlements.TryAdd(job, answer) && Settlements[job] != answer)
        {
            Violations.Add($"job {job} ended as {Settlements[job]} and as {answer}");
        }
    }
}
