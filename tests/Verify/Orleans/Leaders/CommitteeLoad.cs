using System.Collections.Concurrent;
using Marketplace.Receipts;
using Marketplace.Verify.Chaos;

namespace Marketplace.Verify.Leaders;

/// <summary>A client that keeps some jobs with committees open, whatever becomes of the silos that it uses.</summary>
internal sealed class CommitteeLoad(ChaosCluster cluster, ProgramId echo, IReadOnlyList<Assurance> assurances, Random chance)
{
    private const int OpenMax = 24;
    private const int Batch = 8;

    private static readonly TimeSpan EndMax = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<JobId, JobRequest> _open = [];
    private readonly ConcurrentDictionary<JobId, Job> _ended = [];
    private readonly List<JobRequest> _unknown = [];
    private int _names;

    public int Count => _open.Count + _ended.Count;

    public IReadOnlyCollection<JobId> Open => [.. _open.Keys];

    /// <summary>Until it is cancelled; then all that was asked for is submitted, and has ended or is a violation.</summary>
    public async Task Run(CancellationToken over, List<string> violations)
    {
        while (!over.IsCancellationRequested)
        {
            await Try(over, violations);
            await Task.Delay(TimeSpan.FromMilliseconds(200), over).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
        var limit = DateTime.UtcNow + EndMax;
        while ((_unknown.Count > 0 || !_open.IsEmpty) && DateTime.UtcNow < limit)
        {
            await Try(CancellationToken.None, violations, isOver: true);
            await Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None);
        }
        violations.AddRange(_unknown.Select(request => $"{request.RequestId} was not acknowledged in {EndMax}."));
        await using var client = cluster.Client(cluster.Alive[0], retries: true);
        foreach (var (job, request) in _open)
        {
            var why = (await client.Jobs.Explain(job)).Summary;
            violations.Add($"{request.RequestId}, job {job}, has not ended in {EndMax}: {why}");
        }
    }

    /// <summary>Each job that completed has a receipt that holds, signed by its committee, each of which wrote its vote down.</summary>
    public async Task CheckReceipts(MarketplaceClient client, Func<WorkerId, string> folderOf, VoteBooks votes, List<string> violations)
    {
        foreach (var job in _ended.Values)
        {
            if (job.State != JobState.Completed)
            {
                violations.Add($"{job.RequestId}, job {job.Id}, is {job.State}: {job.Reason}");
                continue;
            }
            var file = await client.Jobs.Receipt(job.Id);
            violations.AddRange(
                ReceiptChecks
                    .Of(file)
                    .Where(check => check.Result == CheckResult.Broken)
                    .Select(check => $"The receipt of job {job.Id} does not hold, {check.Name}: {check.Finding}")
            );
            if (file.Certificate is not { } certificate)
            {
                violations.Add($"Job {job.Id} completed without a certificate.");
                continue;
            }
            var hash = file.Receipt.Hash();
            violations.AddRange(
                certificate
                    .Members.Where((_, place) => (certificate.Signers >> place & 1) != 0)
                    .Where(member => !votes.Has(folderOf(member.Worker), file.Receipt.Epoch, job.Id, hash))
                    .Select(member =>
                        $"Member {member.Worker} signed job {job.Id} in epoch {file.Receipt.Epoch}, which its log does not have."
                    )
            );
        }
    }

    private async Task Try(CancellationToken over, List<string> violations, bool isOver = false)
    {
        try
        {
            var silos = cluster.Alive.Where(silo => silo.Process.HasAnnounced).ToArray();
            await using var client = cluster.Client(silos[chance.Next(silos.Length)]);
            if (!isOver && _unknown.Count == 0 && _open.Count < OpenMax)
            {
                _unknown.AddRange(Enumerable.Range(0, Batch).Select(_ => Next()));
            }
            if (_unknown.Count > 0)
            {
                await Submit(client, violations, over);
            }
            await Look(client, over);
        }
        catch (Exception gone) when (gone is MarketplaceUnreachableException or MarketplaceException or OperationCanceledException)
        {
            // Another silo is asked next, for the same.
        }
    }

    private JobRequest Next()
    {
        var name = $"job {++_names}";
        return new JobRequest
        {
            RequestId = name,
            Program = echo,
            InputText = $"hello from {name}",
            FuelMax = 10_000_000,
            PriceMax = new TokenAmount(2_000_000),
            TimeMaxMs = 60_000,
            ExpiresAfterMs = 3_600_000,
            Assurance = assurances[_names % assurances.Count],
        };
    }

    /// <summary>What is not known to have arrived is sent again: by its request id it is the same job.</summary>
    private async Task Submit(MarketplaceClient client, List<string> violations, CancellationToken over)
    {
        var items = await client.Jobs.SubmitBatch([.. _unknown.Take(Batch)], over);
        for (var index = items.Count - 1; index >= 0; index--)
        {
            if (items[index].Code is ErrorCode.Unavailable or ErrorCode.OutcomeUnknown)
            {
                continue;
            }
            if (items[index].Code is { } code)
            {
                violations.Add($"{_unknown[index].RequestId} was refused: {code} {items[index].Message}");
            }
            else
            {
                _open[items[index].Id] = _unknown[index];
            }
            _unknown.RemoveAt(index);
        }
    }

    private async Task Look(MarketplaceClient client, CancellationToken over)
    {
        if (_open.IsEmpty)
        {
            return;
        }
        var found = await client.Jobs.GetMany([.. _open.Keys], over);
        foreach (var job in found.Jobs.Where(job => job.State.HasEnded()))
        {
            _ended[job.Id] = job;
            _open.TryRemove(job.Id, out _);
        }
    }
}
