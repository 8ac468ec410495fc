using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Twins;

/// <summary>
/// What must hold at the end of a run with double activations: every acknowledged effect is there, once. All violations are listed.
/// </summary>
internal static class TwinInvariants
{
    public static async Task<IReadOnlyList<string>> Violations(
        EmbeddedStore store,
        TwinLoad load,
        TwinFacts facts,
        AccountId[] payees,
        LossyFeed feed
    )
    {
        var violations = new List<string>(facts.Violations);
        var accounts = new SortedDictionary<AccountId, AccountState>();
        foreach (var id in load.Payers.Concat(payees))
        {
            accounts.Add(id, await SimulationInvariants.ReadAccount(store, id));
        }
        violations.AddRange(AccountInvariants.Violations(accounts));
        var jobs = new SortedDictionary<JobId, JobState>();
        foreach (var id in facts.Jobs.Keys)
        {
            if (await store.Read(new DocumentKey(JobStateCodec.Kind, id.ToString())) is { } document)
            {
                jobs.Add(id, JobStateCodec.Read(document.Content.Span));
            }
            else
            {
                violations.Add($"job {id} was acknowledged and is lost");
            }
        }

        violations.AddRange(JobViolations(jobs, facts, feed));
        violations.AddRange(MoneyViolations(jobs, accounts, facts));
        violations.AddRange(await KeyViolations(store, accounts, facts));
        violations.AddRange(await PinViolations(store, facts));
        violations.AddRange(await StateViolations(store, jobs, load, facts));
        return violations;
    }

    private static IEnumerable<string> JobViolations(SortedDictionary<JobId, JobState> jobs, TwinFacts facts, LossyFeed feed)
    {
        foreach (var (id, job) in jobs)
        {
            foreach (var violation in JobInvariants.Violations(job))
            {
                yield return $"job {id}: {violation}";
            }
            if (job.Ending is null)
            {
                yield return $"job {id} has not ended";
            }
            else if (facts.Settlements.TryGetValue(id, out var answered) && answered != job.ToSettlement(id))
            {
                yield return $"job {id} was said to end as {answered} and is stored as {job.ToSettlement(id)}";
            }
        }

        foreach (var heard in feed.Heard)
        {
            var end = jobs.GetValueOrDefault(heard.Job)?.Ending?.End;
            if (end is not null && (end.Status != heard.Status || !end.Output.Inline.Span.SequenceEqual(heard.Output.Inline.Span)))
            {
                yield return $"job {heard.Job} was announced as {heard.Status} and is {end.Status}, or with another output";
            }
        }
    }

    private static IEnumerable<string> MoneyViolations(
        SortedDictionary<JobId, JobState> jobs,
        SortedDictionary<AccountId, AccountState> accounts,
        TwinFacts facts
    )
    {
        foreach (var (id, account) in accounts)
        {
            var credited = Sum(facts.Credits.Where(credit => credit.Key.Account == id).Select(credit => credit.Value));
            if (account.CreditedTotal != credited)
            {
                yield return $"account {id} was credited {account.CreditedTotal} by calls with {credited}";
            }
            var spent = Sum(jobs.Values.Where(job => job.Account == id).Select(job => job.Ending?.Charge ?? TokenAmount.Zero));
            if (account.Spent != spent || account.Holds.Count > 0)
            {
                yield return $"account {id} spent {account.Spent} for jobs that cost {spent}, and has {account.Holds.Count} holds left";
            }
            var earned = Sum(
                jobs.Values.Where(job => job.Ending is { Charge.IsZero: false } ending && ending.End.Payee == id)
                    .Select(job => job.Ending!.Charge)
            );
            if (account.Earned != earned)
            {
                yield return $"account {id} earned {account.Earned} with jobs that cost {earned}";
            }
        }
    }

    private static async Task<IReadOnlyList<string>> KeyViolations(
        EmbeddedStore store,
        SortedDictionary<AccountId, AccountState> accounts,
        TwinFacts facts
    )
    {
        var violations = new List<string>();
        foreach (var (id, (account, _)) in facts.Keys)
        {
            if (!accounts[account].Keys.TryGetValue(id, out var key))
            {
                violations.Add($"key {id} was made and is not listed");
            }
            else if ((key.RevokedAt is not null) != facts.RevokedKeys.Contains(id))
            {
                violations.Add($"key {id} is listed as {(key.RevokedAt is null ? "valid" : "revoked")}");
            }
            if (await store.Read(new DocumentKey("key", id)) is null)
            {
                violations.Add($"key {id} was made and is not stored");
            }
        }

        return violations;
    }

    private static async Task<IReadOnlyList<string>> PinViolations(EmbeddedStore store, TwinFacts facts)
    {
        var violations = new List<string>();
        var kept = new Dictionary<AccountId, KeptBlobs>();
        foreach (var account in facts.Pins.Keys.Select(pin => pin.Account).Distinct())
        {
            kept.Add(account, (await StoredForms.Quota.Load(store, store, account.ToString())).State);
            violations.AddRange(StorageInvariants.Violations(kept[account]).Select(violation => $"quota of {account}: {violation}"));
        }
        foreach (var ((account, blob), isPinned) in facts.Pins)
        {
            var holders = await store.Read(new DocumentKey("blob", blob.ToString())) is { } document
                ? BlobState.Read(document.Content.Span)
                : null;
            if (holders?.Accounts.ContainsKey(account) == true != isPinned || kept[account].IsPinned(blob) != isPinned)
            {
                violations.Add(
                    $"blob {blob} of account {account} should be {(isPinned ? "kept and counted" : "neither kept nor counted")}"
                );
            }
        }

        return violations;
    }

    /// <summary>A writing job changes the state at most once, and a completed one by the very run that its end tells of.</summary>
    private static async Task<IReadOnlyList<string>> StateViolations(
        EmbeddedStore store,
        SortedDictionary<JobId, JobState> jobs,
        TwinLoad load,
        TwinFacts facts
    )
    {
        var state = ProgramState.Empty();
        var log = new List<StateEvent>();
        var runs = new Dictionary<JobId, JobEnd>();
        var violations = new List<string>();
        await foreach (var entry in store.Read($"state/{load.Writing}"))
        {
            var run = RunCommitted.Read(entry.Content.Span);
            if (!runs.TryAdd(run.Job, run.End))
            {
                violations.Add($"the changes of job {run.Job} were applied twice");
            }
            await state.Apply(run);
            log.Add(run);
        }

        violations.AddRange(await StateInvariants.StoredViolations(store, load.Writing, log, state));

        violations.AddRange(await StateInvariants.Violations(state));
        foreach (var id in facts.Writing.Where(id => jobs.TryGetValue(id, out var job) && job.Status == JobStatus.Completed))
        {
            var end = jobs[id].Ending!.End;
            if (!runs.TryGetValue(id, out var run))
            {
                violations.Add($"job {id} completed, and its changes are not in the state");
            }
            else if ((run.Worker, run.FuelUsed, run.RootAfter) != (end.Worker, end.FuelUsed, end.RootAfter))
            {
                violations.Add($"job {id} ended with another run's result than the one that changed the state");
            }
        }

        return violations;
    }

    private static TokenAmount Sum(IEnumerable<TokenAmount> amounts) => amounts.Aggregate(TokenAmount.Zero, (sum, amount) => sum + amount);
}
