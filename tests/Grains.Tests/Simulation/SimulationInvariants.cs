using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Support;
using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>What must hold at the end of every run, whatever happened in it. All violations are listed.</summary>
internal static class SimulationInvariants
{
    public static async Task<IReadOnlyList<string>> Violations(SimulatedMarket market, IReadOnlyList<RemoteWorker> workers)
    {
        var store = market.Silo.Store;
        var accounts = new SortedDictionary<AccountId, AccountState>();
        foreach (var id in market.Accounts)
        {
            accounts.Add(id, await ReadAccount(store, id));
        }
        var jobs = new SortedDictionary<JobId, JobState>();
        var violations = new List<string>(AccountInvariants.Violations(accounts));
        foreach (var (id, ordered) in market.Facts.Jobs)
        {
            if (await store.Read(new DocumentKey(JobStateCodec.Kind, id.ToString())) is { } document)
            {
                jobs.Add(id, JobStateCodec.Read(document.Content.Span));
            }
            else if (ordered.IsAcknowledged)
            {
                violations.Add($"job {id} was acknowledged and is lost");
            }
        }
        violations.AddRange(jobs.SelectMany(job => JobViolations(job.Key, job.Value, market.Facts.Jobs[job.Key])));
        violations.AddRange(accounts.SelectMany(account => MoneyViolations(account.Key, account.Value, jobs, market)));
        violations.AddRange(NewsViolations(jobs, market.Silo.Feed));
        foreach (var program in market.Writing)
        {
            violations.AddRange(await StateViolations(store, program, jobs));
        }
        foreach (var worker in workers)
        {
            violations.AddRange(await ReputationViolations(store, worker.Id, market.Facts.RunsReported(worker.Id)));
        }
        return violations;
    }

    private static IEnumerable<string> JobViolations(JobId id, JobState job, OrderedJob ordered)
    {
        foreach (var violation in JobInvariants.Violations(job))
        {
            yield return $"job {id}: {violation}";
        }
        if (job.Ending is null)
        {
            yield return $"job {id} has not ended";
        }
        else if (JobReceipts.Of(job, id, TestOwner.Market, TestOwner.Domain) is not { } receipt)
        {
            yield return $"job {id} has no receipt";
        }
        else
        {
            // As a stranger reads it.
            foreach (var check in ReceiptChecks.Of(ReceiptFile.Parse(receipt.ToJson())))
            {
                if (check.Result == CheckResult.Broken)
                {
                    yield return $"the receipt of job {id} does not hold: {check.Finding}";
                }
            }
        }
        if (ordered.Seen is { } seen && seen != job.Status)
        {
            yield return $"job {id} was seen as {seen} and is {job.Status}";
        }
        if (job.SpecHash != JobSpecCodec.Hash(ordered.Spec) || job.Account != ordered.Payer)
        {
            yield return $"job {id} is not the one that was ordered";
        }
    }

    private static IEnumerable<string> MoneyViolations(
        AccountId id,
        AccountState account,
        SortedDictionary<JobId, JobState> jobs,
        SimulatedMarket market
    )
    {
        var endings = jobs.Values.Where(job => job.Ending is not null).ToArray();
        var sent = Sum(market.Facts.Transfers.Where(transfer => transfer.Key.From == id).Select(transfer => transfer.Value.Amount));
        var received = Sum(market.Facts.Transfers.Values.Where(transfer => transfer.To == id).Select(transfer => transfer.Amount));
        var spent = Sum(endings.Where(job => job.Account == id).Select(job => job.Ending!.Charge)) + sent;
        var earned = Sum(endings.Select(job => EarnedBy(id, job))) + received;
        if (account.Spent != spent || account.Holds.Count > 0 || !account.UnderWay.IsZero)
        {
            yield return $"account {id} spent {account.Spent} on what cost {spent}, has {account.Holds.Count} holds left, and "
                + $"{account.UnderWay} under way";
        }
        if (account.Earned != earned)
        {
            yield return $"account {id} earned {account.Earned} with what brought {earned}";
        }
        var withdrawn = market.Facts.Withdrawn.GetValueOrDefault(id);
        if (account.WithdrawnTotal != withdrawn)
        {
            yield return $"account {id} lost {account.WithdrawnTotal} and took out {withdrawn}";
        }
    }

    /// <summary>Where several have run the job, each is paid what its own run costs.</summary>
    private static TokenAmount EarnedBy(AccountId account, JobState job)
    {
        var (end, charge) = (job.Ending!.End, job.Ending.Charge);
        if (end.Others.IsDefaultOrEmpty || charge.IsZero)
        {
            return end.Payee == account ? charge : TokenAmount.Zero;
        }
        var prices = end.Others.Select(seat => (seat.Payee, seat.PricePerMillionFuel)).Append((end.Payee!.Value, end.PricePerMillionFuel));
        return Sum(prices.Where(price => price.Item1 == account).Select(price => MarketFacts.Cost(job.Spec, end.FuelUsed, price.Item2)));
    }

    private static IEnumerable<string> NewsViolations(SortedDictionary<JobId, JobState> jobs, LossyFeed feed) =>
        from heard in feed.Heard
        let status = jobs.GetValueOrDefault(heard.Job)?.Status
        where status is not null && status != heard.Status
        select $"job {heard.Job} was announced as {heard.Status} and is {status}";

    /// <summary>
    /// The state is what its commits make it one after the other: each counted one up. A job changed it at most once, and a completed one
    /// by the very run that its end tells of; one that was cancelled during its commit may have changed it too.
    /// </summary>
    private static async Task<IReadOnlyList<string>> StateViolations(
        EmbeddedStore store,
        ProgramId program,
        SortedDictionary<JobId, JobState> jobs
    )
    {
        var state = ProgramState.Empty();
        var log = new List<StateEvent>();
        var runs = new Dictionary<JobId, JobEnd>();
        var violations = new List<string>();
        await foreach (var entry in store.Read($"state/{program}"))
        {
            var run = RunCommitted.Read(entry.Content.Span);
            if (!runs.TryAdd(run.Job, run.End))
            {
                violations.Add($"the changes of job {run.Job} were applied twice");
            }
            await state.Apply(run);
            log.Add(run);
        }
        violations.AddRange(await StateInvariants.StoredViolations(store, program, log, state));
        violations.AddRange(await StateInvariants.Violations(state));
        var counted = SimulatedMarket.CountOf(await state.Tree.Find(SimulatedMarket.Counter));
        if (counted != runs.Count)
        {
            violations.Add($"program {program} has {runs.Count} commits, and its state counts {counted}");
        }
        foreach (var (id, job) in jobs.Where(job => job.Value.Spec.Program == program && job.Value.Status == JobStatus.Completed))
        {
            if (!runs.TryGetValue(id, out var run) || !run.Log.Span.SequenceEqual(job.Ending!.End.Log.Span))
            {
                violations.Add($"job {id} completed, and another run or none has changed the state for it");
            }
        }
        return violations;
    }

    /// <summary>What went well is counted once at most for each run: the last minute of it may be lost.</summary>
    private static async Task<IReadOnlyList<string>> ReputationViolations(EmbeddedStore store, WorkerId worker, int runs)
    {
        var key = new DocumentKey(ReputationState.Kind, ReputationKeys.OfWorker(worker));
        var kept = await store.Read(key) is { } document ? ReputationState.Read(document.Content.Span).Kept : 0;
        return kept > runs ? [$"worker {worker} has reported {runs} runs, and its reputation counts {kept}"] : [];
    }

    public static async Task<AccountState> ReadAccount(EmbeddedStore store, AccountId id) =>
        (await StoredForms.Account.Load(store, store, id.ToString())).State;

    private static TokenAmount Sum(IEnumerable<TokenAmount> amounts) => amounts.Aggregate(TokenAmount.Zero, (sum, amount) => sum + amount);
}
