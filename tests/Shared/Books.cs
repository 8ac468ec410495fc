using Marketplace.Crypto;
using Marketplace.Grains;
using Marketplace.Storage;

namespace Marketplace.Tests;

/// <summary>
/// The accounts of a stopped silo, replayed from the store event by event: what is true on disk, whatever the silo would have answered.
/// </summary>
/// <param name="Violations">Every broken invariant of every account and of all together, and every job that was paid twice.</param>
internal sealed record Books(IReadOnlyList<string> Violations)
{
    public static async Task<Books> Read(string folder)
    {
        await using var store = EmbeddedStore.Open(
            Path.Combine(folder, "store"), new EmbeddedStoreOptions { Projections = MarketProjections.All }, TimeProvider.System);
        return await Read(store, [folder]);
    }

    /// <param name="log">Where the accounts' events are.</param>
    /// <param name="folders">The data folders of all silos: the keys in them are all the accounts that there are.</param>
    public static async Task<Books> Read(IEventLog log, IEnumerable<string> folders)
    {
        var violations = new List<string>();
        var accounts = new Dictionary<AccountId, AccountState>();
        foreach (var file in folders.SelectMany(folder => new[] { Path.Combine(folder, "account.key"), Path.Combine(folder, "worker.key") }).Where(File.Exists))
        {
            using var key = new Ed25519KeyPair(Bytes32.Parse((await File.ReadAllTextAsync(file)).Trim()).ToArray());
            var id = new AccountId(key.PublicKey);
            accounts[id] = await Replay(log, id, violations);
        }
        violations.AddRange(AccountInvariants.Violations(accounts));
        return new Books(violations);
    }

    private static async Task<AccountState> Replay(IEventLog log, AccountId id, List<string> violations)
    {
        var account = new AccountState();
        var settled = new HashSet<JobId>();
        await foreach (var entry in log.Read($"account/{id}"))
        {
            var happened = AccountEventCodec.Read(entry.Content.Span);
            if (happened is Settled settlement)
                violations.AddRange(settlement.Jobs.Where(job => !job.Charge.IsZero && !settled.Add(job.Job)).Select(job => $"Job {job.Job} was paid twice."));
            account.Apply(happened);
        }
        return account;
    }
}
