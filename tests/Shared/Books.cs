using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Storage;

namespace Marketplace.Tests;

/// <summary>
/// The accounts of a stopped silo, replayed from the store event by event: what is true on disk, whatever the silo would have answered.
/// </summary>
/// <param name="Violations">
/// Every broken invariant of every account and of all together, every job that was paid twice, and that there is nothing to read: books of
/// another store than the silo's would be found in order.
/// </param>
/// <param name="PaidJobs">Jobs that were settled with a charge.</param>
/// <param name="PaidTwice">Settlements with a charge of jobs that had been paid before.</param>
internal sealed record Books(IReadOnlyList<string> Violations, int PaidJobs, int PaidTwice)
{
    public static async Task<Books> Read(string folder)
    {
        await using var store = EmbeddedStore.Open(
            Path.Combine(folder, "store"),
            new EmbeddedStoreOptions { Projections = MarketProjections.All },
            TimeProvider.System
        );
        return await Read(store, [folder]);
    }

    /// <param name="log">Where the accounts' events are.</param>
    /// <param name="folders">The data folders of all silos: the keys in them are all the accounts that there are.</param>
    public static async Task<Books> Read(IEventLog log, IEnumerable<string> folders)
    {
        var violations = new List<string>();
        var paid = new HashSet<JobId>();
        var twice = new List<JobId>();
        var accounts = new Dictionary<AccountId, AccountState>();
        foreach (
            var file in folders
                .SelectMany(folder => new[] { Path.Combine(folder, "account.key"), Path.Combine(folder, "worker.key") })
                .Where(File.Exists)
        )
        {
            using var key = KeyFile.Open(file);
            var id = new AccountId(key.PublicKey);
            accounts[id] = await Replay(log, id, paid, twice);
        }
        if (accounts.Values.All(account => account.CreditedTotal.IsZero))
        {
            violations.Add("No account was ever credited: these are not the books of a silo that ran.");
        }
        violations.AddRange(twice.Select(job => $"Job {job} was paid twice."));
        violations.AddRange(AccountInvariants.Violations(accounts));
        return new Books(violations, paid.Count, twice.Count);
    }

    private static async Task<AccountState> Replay(IEventLog log, AccountId id, HashSet<JobId> paid, List<JobId> twice)
    {
        var account = new AccountState();
        await foreach (var entry in log.Read($"account/{id}"))
        {
            var happened = AccountEventCodec.Read(entry.Content.Span);
            if (happened is Settled settlement)
            {
                twice.AddRange(settlement.Jobs.Where(job => !job.Charge.IsZero && !paid.Add(job.Job)).Select(job => job.Job));
            }
            account.Apply(happened);
        }
        return account;
    }
}
