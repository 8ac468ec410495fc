using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>What must hold at the end of every run, whatever happened in it. All violations are listed.</summary>
internal static class SimulationInvariants
{
    public static async Task<IReadOnlyList<string>> Violations(EmbeddedStore store, SimulatedClient client, AccountId[] ids, LossyFeed feed)
    {
        var accounts = new SortedDictionary<AccountId, AccountState>();
        foreach (var id in ids)
        {
            accounts.Add(id, await ReadAccount(store, id));
        }
        var violations = new List<string>(AccountInvariants.Violations(accounts));
        var earned = ids.ToDictionary(id => id, _ => TokenAmount.Zero);
        var spent = TokenAmount.Zero;
        var written = 0;
        foreach (var (id, writes) in client.Acknowledged)
        {
            if (await store.Read(new DocumentKey(JobStateCodec.Kind, id.ToString())) is not { } document)
            {
                violations.Add($"job {id} was acknowledged and is lost");
                continue;
            }

            var job = JobStateCodec.Read(document.Content.Span);
            violations.AddRange(JobInvariants.Violations(job).Select(violation => $"job {id}: {violation}"));
            if (job.Ending is not { } ending)
            {
                violations.Add($"job {id} has not ended");
                continue;
            }

            if (client.Ended[id] != job.Status)
            {
                violations.Add($"job {id} was seen as {client.Ended[id]} and is {job.Status}");
            }
            spent += ending.Charge;
            if (!ending.Charge.IsZero)
            {
                earned[ending.End.Payee!.Value] += ending.Charge;
            }
            if (writes && job.Status == JobStatus.Completed)
            {
                written++;
            }
        }

        violations.AddRange(
            feed.Heard.Where(heard => client.Ended.TryGetValue(heard.Job, out var status) && status != heard.Status)
                .Select(heard => $"job {heard.Job} was announced as {heard.Status} and is {client.Ended[heard.Job]}")
        );
        var payer = accounts[client.Account];
        if (payer.Spent != spent || payer.Holds.Count > 0)
        {
            violations.Add($"the client spent {payer.Spent} for jobs that cost {spent}, and has {payer.Holds.Count} holds left");
        }
        foreach (var (id, account) in accounts.Where(pair => pair.Key != client.Account && pair.Value.Earned != earned[pair.Key]))
        {
            violations.Add($"worker {id} earned {account.Earned} with jobs that cost {earned[id]}");
        }
        violations.AddRange(await StateViolations(store, client, written));
        return violations;
    }

    /// <summary>
    /// Each completed writing job has changed the state once; a job that was cancelled during its commit may have as well.
    /// </summary>
    private static async Task<IReadOnlyList<string>> StateViolations(EmbeddedStore store, SimulatedClient client, int written)
    {
        var state = new ProgramState();
        var runs = new List<JobId>();
        await foreach (var entry in store.Read($"state/{client.Writing}"))
        {
            var run = RunCommitted.Read(entry.Content.Span);
            runs.Add(run.Job);
            state.Apply(run);
        }

        var violations = StateInvariants.Violations(state).ToList();
        if (runs.Distinct().Count() != runs.Count)
        {
            violations.Add("a job's changes were applied twice");
        }
        var lost = runs.Count(job => client.Ended.GetValueOrDefault(job) != JobStatus.Completed);
        if (runs.Count - lost != written)
        {
            violations.Add($"{written} writing jobs completed, and the state has {runs.Count} commits of which {lost} are of others");
        }
        return violations;
    }

    public static async Task<AccountState> ReadAccount(EmbeddedStore store, AccountId id) =>
        (await StoredForms.Account.Load(store, store, id.ToString())).State;
}
