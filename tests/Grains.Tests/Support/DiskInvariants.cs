using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Support;

/// <summary>Reads everything that is on the disk as a start of the silo would, and lists all that is not as it must be.</summary>
internal static class DiskInvariants
{
    public static IReadOnlyList<string> Violations(MemoryDisk disk)
    {
        var violations = new List<string>();
        var accounts = Accounts(disk);
        violations.AddRange(AccountInvariants.Violations(accounts));
        var jobs = Jobs(disk);
        foreach (var (id, job) in jobs)
        {
            violations.AddRange(JobInvariants.Violations(job).Select(violation => $"job {id}: {violation}"));
        }
        foreach (var (stream, _) in disk.Streams.Where(pair => pair.Key.StartsWith("state/", StringComparison.Ordinal)))
        {
            violations.AddRange(
                StateInvariants
                    .Violations(State(disk, stream))
                    .AsTask()
                    .GetAwaiter()
                    .GetResult()
                    .Select(violation => $"{stream}: {violation}")
            );
        }
        foreach (var (stream, entries) in disk.Streams.Where(pair => pair.Key.StartsWith("ledger/", StringComparison.Ordinal)))
        {
            violations.AddRange(
                LedgerInvariants
                    .Violations(entries.Select(entry => LedgerEntry.Read(entry.Span)))
                    .Select(violation => $"{stream}: {violation}")
            );
        }
        violations.AddRange(Batches(disk));
        foreach (var account in accounts.Keys)
        {
            violations.AddRange(StorageInvariants.Violations(Kept(disk, account)).Select(violation => $"quota of {account}: {violation}"));
        }
        violations.AddRange(Stakes(disk, accounts));
        violations.AddRange(Slashes(disk, accounts.Keys));
        foreach (var (payer, account) in accounts)
        {
            var charged = Slashed(disk, payer);
            foreach (var (id, job) in jobs.Where(pair => pair.Value.Account == payer && !account.Holds.ContainsKey(pair.Key)))
            {
                if (job.Ending is not { } ending)
                {
                    violations.Add($"job {id} is open without a hold");
                }
                else
                {
                    charged += ending.Charge;
                }
            }

            if (charged != account.Spent)
            {
                violations.Add($"account {payer} spent {account.Spent} for settled jobs and slashed stakes that cost {charged}");
            }
        }

        return violations;
    }

    /// <summary>What committees have signed stands in the market's ledger once, or is still to be told.</summary>
    public static IReadOnlyList<string> Batches(MemoryDisk disk)
    {
        var state = Documents(disk, BatchesState.Kind).Select(pair => BatchesState.Read(pair.Value.Content.Span)).SingleOrDefault();
        var certificates = Documents(disk, CertificateState.Kind)
            .ToDictionary(pair => Bytes32.Parse(pair.Key.Id), pair => CertificateState.Read(pair.Value.Content.Span));
        var batches = Documents(disk, CertificateBatch.Kind).Select(pair => CertificateBatch.Form.Read(pair.Value.Content));
        var ledger = disk
            .Streams.Where(pair => pair.Key.StartsWith("ledger/market.", StringComparison.Ordinal))
            .SelectMany(pair => pair.Value.Select(entry => LedgerEntry.Read(entry.Span).Operation));
        return BatchInvariants.Violations(state ?? BatchesState.None, certificates, [.. batches], [.. ledger]);
    }

    private static IEnumerable<KeyValuePair<DocumentKey, Document>> Documents(MemoryDisk disk, string kind) =>
        disk.Documents.Where(pair => pair.Key.Kind == kind);

    /// <summary>What disputes have taken of stakes is what accounts have paid for them, and still will.</summary>
    private static IEnumerable<string> Slashes(MemoryDisk disk, IEnumerable<AccountId> accounts)
    {
        var (taken, unpaid, areAllRemembered) = (TokenAmount.Zero, TokenAmount.Zero, true);
        foreach (var (key, document) in disk.Documents.Where(pair => pair.Key.Kind == ReputationState.Kind))
        {
            var reputation = ReputationState.Read(document.Content.Span);
            areAllRemembered &= reputation.JudgedBefore is null;
            taken = reputation.Judgments.Aggregate(taken, (sum, judgment) => sum + judgment.Taken);
            foreach (var stake in reputation.Stakes)
            {
                var id = stake.HoldOf(ReputationKeys.WorkerOf(key.Id)!.Value);
                var hold = Accounts(disk).GetValueOrDefault(stake.Account)?.Funds.GetValueOrDefault(id);
                unpaid += hold is null ? TokenAmount.Zero : Unpaid(stake, hold) + (stake.Loss?.Amount ?? TokenAmount.Zero);
            }
        }
        var paid = accounts.Aggregate(TokenAmount.Zero, (sum, account) => sum + Slashed(disk, account));
        if (areAllRemembered && taken != paid + unpaid)
        {
            yield return $"disputes took {taken} of stakes, of which {paid} was paid and {unpaid} is to be paid";
        }
    }

    private static TokenAmount Slashed(MemoryDisk disk, AccountId account) =>
        disk
            .Streams.GetValueOrDefault($"account/{account}", [])
            .Select(entry => AccountEventCodec.Read(entry.Span))
            .Aggregate(
                TokenAmount.Zero,
                (sum, happened) =>
                    happened switch
                    {
                        Divided { Hold.Purpose: HoldPurpose.Stake } divided => sum + divided.Charge,
                        HoldCharged charged => sum + charged.Charge,
                        _ => sum,
                    }
            );

    /// <summary>What disputes took of a stake that stays, and its account has not paid yet.</summary>
    private static TokenAmount Unpaid(Stake stake, Hold hold) =>
        stake.Losses.Skip(hold.Charges - stake.PaidCount).Aggregate(TokenAmount.Zero, (sum, loss) => sum + loss.Amount);

    /// <summary>A stake that counts has its hold, and a hold for a stake has one that will end it.</summary>
    public static IReadOnlyList<string> Stakes(MemoryDisk disk, IReadOnlyDictionary<AccountId, AccountState> accounts)
    {
        var violations = new List<string>();
        var known = new HashSet<(AccountId, HoldId)>();
        foreach (var (key, document) in disk.Documents.Where(pair => pair.Key.Kind == ReputationState.Kind))
        {
            foreach (var stake in ReputationState.Read(document.Content.Span).Stakes)
            {
                var hold = stake.HoldOf(ReputationKeys.WorkerOf(key.Id)!.Value);
                known.Add((stake.Account, hold));
                var fund = accounts.GetValueOrDefault(stake.Account)?.Funds.GetValueOrDefault(hold);
                var held = fund?.Amount ?? TokenAmount.Zero;
                var due = fund is null ? stake.Amount : stake.Left + Unpaid(stake, fund) + (stake.Loss?.Amount ?? TokenAmount.Zero);
                if (held != due && (stake.Phase == StakePhase.Held || !held.IsZero))
                {
                    violations.Add($"the stake '{stake.RequestId}' for {key.Id} of {stake.Amount} has {held} on hold, not {due}");
                }
            }
        }
        foreach (var (id, account) in accounts)
        {
            violations.AddRange(
                from hold in account.Funds.Keys
                where hold.Purpose == HoldPurpose.Stake && !known.Contains((id, hold))
                select $"account {id} has the hold {hold}, which nothing ends"
            );
        }
        return violations;
    }

    public static SortedDictionary<JobId, JobState> Jobs(MemoryDisk disk)
    {
        var jobs = new SortedDictionary<JobId, JobState>();
        foreach (var (key, document) in disk.Documents.Where(pair => pair.Key.Kind == JobStateCodec.Kind))
        {
            jobs.Add(JobId.Parse(key.Id), JobStateCodec.Read(document.Content.Span));
        }
        return jobs;
    }

    public static SortedDictionary<AccountId, AccountState> Accounts(MemoryDisk disk)
    {
        const string prefix = "account/";
        var accounts = new SortedDictionary<AccountId, AccountState>();
        foreach (var (stream, entries) in disk.Streams.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var account = new AccountState();
            foreach (var entry in entries)
            {
                account.Apply(AccountEventCodec.Read(entry.Span));
            }
            accounts.Add(AccountId.Parse(stream[prefix.Length..]), account);
        }

        return accounts;
    }

    /// <summary>What an account keeps; without what was carried over from the account's log.</summary>
    public static KeptBlobs Kept(MemoryDisk disk, AccountId account)
    {
        var kept = new KeptBlobs();
        foreach (var entry in disk.Streams.GetValueOrDefault($"quota/{account}") ?? [])
        {
            kept.Apply(StorageEventCodec.Read(entry.Span));
        }
        return kept;
    }

    public static ProgramState State(MemoryDisk disk, string stream)
    {
        var state = ProgramState.Empty();
        foreach (var entry in disk.Streams[stream])
        {
            // Nothing is read for it: the tree is in memory.
            state.Apply(StateEvent.Read(entry.Span)).AsTask().GetAwaiter().GetResult();
        }
        return state;
    }
}
