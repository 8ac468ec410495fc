using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;
using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Liars;

/// <summary>
/// What a run has left: ends of jobs beside the oracle, disputes as files that are checked without a market, reputations, money.
/// </summary>
internal sealed class LiarsEvidence(LiarsScenario scenario, LiarsMarket market, SeededChance chance)
{
    private const int ChangedFiles = 4;
    private const int ChangesOfAFile = 40;
    private const int ReceiptParts = 20;
    private const int EarlyParts = 10;

    private readonly Dictionary<JobId, DisputeFile> _files = [];
    private readonly Dictionary<JobId, byte[]> _texts = [];

    public LiarsCounts Counts { get; } = new();

    public List<string> Violations { get; } = [];

    public List<LiarsMoney> Money { get; } = [];

    /// <summary>What the market says to those who ask, while it still runs.</summary>
    public async Task Collect()
    {
        await foreach (var (key, _) in market.Silo.Store.Scan(DisputeState.Kind))
        {
            // As the command exports it: the bytes of the file, and nothing else of the market.
            var file = await market.Silo.Insist(grains => grains.GetGrain<IDisputeGrain>(key.Id).GetFile(market.Buyer));
            _texts.Add(JobId.Parse(key.Id), file.ToArray());
        }
        foreach (var job in market.Jobs.Where((_, number) => number % ReceiptParts == 0))
        {
            var receipt = await market.Silo.Insist(grains => grains.GetGrain<IJobGrain>(job.ToString()).GetReceipt(market.Buyer));
            Counts.Receipts++;
            var file = ReceiptFile.Parse(receipt.Span);
            Require(ReceiptChecks.Of(file, new ReceiptEvidence { Batch = await ProofOf(file) }), $"the receipt of job {job}");
        }
    }

    /// <summary>That the ledger names what a committee has signed of it; null: none has.</summary>
    private async Task<BatchProof?> ProofOf(ReceiptFile file)
    {
        if (BatchProof.RootOf(file) is not { } root)
        {
            return null;
        }
        var proof = await market.Silo.Insist(grains => grains.GetGrain<ICertificateGrain>(root.ToString()).Prove(market.Buyer));
        return LedgerLines.ParseBatch(proof.Span);
    }

    /// <summary>What is on the disk when all is over.</summary>
    public async Task Judge()
    {
        Violations.AddRange(await StoredBatches.Violations(market.Silo.Store, areAllTold: true));
        CheckFiles();
        await CheckJobs();
        await CheckReputations();
        await CheckMoney();
        Violations.AddRange(market.Board.Failures);
        (Counts.Returns, Counts.Rounds) = (market.Returns, market.Rounds);
        (Counts.Listed, Counts.ListedLiars) = (market.Listed, market.ListedLiars);
        (Counts.Copied, Counts.CopiedByJurors) = (market.Board.Copied, market.Board.CopiedByJurors);
        if (scenario.Assurance.Kind == AssuranceKind.Committee && Counts.Copied > 0)
        {
            Violations.Add($"{Counts.Copied} members of committees saw a result before they had to commit to their own");
        }
        Violations.AddRange(
            from worker in market.Workers
            where worker.Nature == WorkerNature.Honest && worker.Contradictions > 0
            select $"the honest member {worker.Id} was asked for {worker.Contradictions} signatures that contradict others"
        );
    }

    private async Task CheckJobs()
    {
        var (epochs, captured) = (new HashSet<ulong>(), new HashSet<ulong>());
        for (var number = 0; number < market.Jobs.Count; number++)
        {
            var id = market.Jobs[number];
            var document = await market.Silo.Store.Read(new DocumentKey(JobStateCodec.Kind, id.ToString()));
            var job = JobStateCodec.Read(document!.Value.Content.Span);
            var end = job.Ending!.End;
            if (end.Status != JobStatus.Completed)
            {
                // Without numbers: 2 runs that differ are told as 3 are.
                var told = $"{end.Status}: {new string([.. end.Reason!.Split(". ")[0].Where(letter => !char.IsAsciiDigit(letter))])}";
                Counts.Failed[told] = Counts.Failed.GetValueOrDefault(told) + 1;
                continue;
            }
            var right = LiarsBoard.RightOf(Encoding.UTF8.GetBytes($"input {number}"));
            var isWrong = new ToldResult(Encoding.UTF8.GetString(end.Output.Inline.Span), end.FuelUsed) != right;
            Counts.Right += isWrong ? 0 : 1;
            Counts.Wrong += isWrong ? 1 : 0;
            Counts.WrongEarly += isWrong && number < scenario.Jobs / EarlyParts ? 1 : 0;
            if (end.Certificate is { } certificate)
            {
                epochs.Add(certificate.Epoch);
                _ = isWrong && captured.Add(certificate.Epoch);
            }
            CheckSeats(id, end);
        }
        (Counts.Epochs, Counts.CapturedEpochs) = (epochs.Count, captured.Count);
    }

    private void CheckSeats(JobId id, JobEnd end)
    {
        (WorkerId Worker, AccountId Payee)[] seats =
        [
            (end.Worker!.Value, end.Payee!.Value),
            .. (end.Others.IsDefault ? [] : end.Others).Select(seat => (seat.Worker, seat.Payee)),
        ];
        Counts.CopiedPaid += seats.Count(seat => market.Board.HasCopied(id, seat.Worker));
        if (scenario.Assurance.Kind != AssuranceKind.Committee && seats.Select(seat => seat.Payee).Distinct().Count() < seats.Length)
        {
            Violations.Add($"job {id} ended by the results of {seats.Length} workers, two of which have one owner");
        }
        if (!scenario.Assurance.IsNone && seats.Length < scenario.Assurance.Agreeing)
        {
            Violations.Add($"job {id} ended by {seats.Length} results, and {scenario.Assurance} takes more");
        }
    }

    /// <summary>Only bytes come in here, and the market's key, as a verifier knows it from elsewhere.</summary>
    private void CheckFiles()
    {
        foreach (var (job, text) in _texts)
        {
            var file = DisputeFile.Parse(text);
            _files.Add(job, file);
            Require(DisputeChecks.Of(file, TestOwner.Domain), $"the dispute of job {job}");
            Counts.Disputes[file.Dispute.State] = Counts.Disputes.GetValueOrDefault(file.Dispute.State) + 1;
            if (file.Dispute.State is DisputeStates.Open or DisputeStates.Decided)
            {
                Violations.Add($"the dispute of job {job} is {file.Dispute.State} after all");
            }
        }
        foreach (var text in _texts.Values.Take(ChangedFiles))
        {
            for (var change = 0; change < ChangesOfAFile; change++)
            {
                var changed = (byte[])text.Clone();
                changed[chance.Below(changed.Length)] ^= (byte)(1 << chance.Below(8));
                Counts.ChangedFiles++;
                if (Holds(changed))
                {
                    Violations.Add("the file of a dispute holds with a bit that was changed");
                }
            }
        }
    }

    private static bool Holds(byte[] text)
    {
        try
        {
            return DisputeChecks.Of(DisputeFile.Parse(text), TestOwner.Domain).All(check => check.Result != CheckResult.Broken);
        }
        catch (ReceiptFormatException)
        {
            return false;
        }
    }

    private async Task CheckReputations()
    {
        foreach (var worker in market.Workers)
        {
            var key = new DocumentKey(ReputationState.Kind, ReputationKeys.OfWorker(worker.Id));
            if (await market.Silo.Store.Read(key) is not { } document)
            {
                continue;
            }
            var reputation = ReputationState.Read(document.Content.Span);
            foreach (var judgment in reputation.Judgments.Where(judgment => judgment.IsWrong))
            {
                Counts.Slashings++;
                CheckSlashing(worker, judgment);
            }
            if (worker.Nature == WorkerNature.Honest)
            {
                CheckHonest(worker, reputation);
            }
        }
    }

    /// <summary>Its file holds two signatures that contradict each other, one of them by the worker that was slashed.</summary>
    private void CheckSlashing(LiarsWorker worker, Judgment judgment)
    {
        if (worker.Nature == WorkerNature.Honest)
        {
            Counts.HonestSlashed++;
            Violations.Add($"worker {worker.Id} never lied, and lost {judgment.Taken} over job {judgment.Dispute}");
        }
        if (!_files.TryGetValue(judgment.Dispute, out var file))
        {
            Violations.Add($"worker {worker.Id} lost {judgment.Taken} over job {judgment.Dispute}, of which there is no dispute");
            return;
        }
        var dispute = file.Dispute;
        if (dispute.Slashings.FirstOrDefault(slashing => slashing.Worker == worker.Id)?.Amount != judgment.Taken)
        {
            Violations.Add($"worker {worker.Id} lost {judgment.Taken} over job {judgment.Dispute}, whose dispute says something else");
        }
        var signed = dispute.Votes.FirstOrDefault(vote => vote.Worker == worker.Id)?.Execution;
        if (signed is null || dispute.Votes.All(vote => vote.Execution == signed) || file.WorkerSignatures.Count != dispute.Votes.Count)
        {
            Violations.Add($"the dispute of job {judgment.Dispute} has no two signatures that speak against worker {worker.Id}");
        }
    }

    /// <summary>All have a jury's cost at stake, so nothing but a verdict counts against a result of theirs.</summary>
    private void CheckHonest(LiarsWorker worker, ReputationState reputation)
    {
        foreach (var fault in reputation.Faults.Where(fault => fault.Weight > 0))
        {
            Counts.HonestFaults++;
            Violations.Add($"worker {worker.Id} never failed, and has a fault of job {fault.Fault.Job}: {fault.Fault.Reason}");
        }
    }

    /// <summary>What came in is there, and what was taken of stakes was paid.</summary>
    private async Task CheckMoney()
    {
        var accounts = new SortedDictionary<AccountId, AccountState>();
        var all = market.Workers.SelectMany(worker => (AccountId[])[worker.Own, worker.Owner]).Append(market.Buyer.Account).Distinct();
        foreach (var id in all)
        {
            accounts.Add(id, await SimulationInvariants.ReadAccount(market.Silo.Store, id));
        }
        Violations.AddRange(AccountInvariants.Violations(accounts));
        var credited = accounts.Values.Aggregate(TokenAmount.Zero, (sum, account) => sum + account.CreditedTotal);
        var there = accounts.Values.Aggregate(
            TokenAmount.Zero,
            (sum, account) => sum + account.Available + account.Held + account.UnderWay
        );
        if (credited != there)
        {
            Violations.Add($"{credited} came in, and {there} is there");
        }
        foreach (var natures in market.Workers.GroupBy(worker => worker.Nature))
        {
            var owners = natures
                .SelectMany(worker => (AccountId[])[worker.Own, worker.Owner])
                .Distinct()
                .Select(id => accounts[id])
                .ToArray();
            Money.Add(
                new LiarsMoney(
                    natures.Key,
                    owners.Aggregate(UInt128.Zero, (sum, account) => sum + account.Earned.BaseUnits),
                    owners.Aggregate(UInt128.Zero, (sum, account) => sum + account.Spent.BaseUnits)
                )
            );
        }
        var slashed = _files
            .Values.SelectMany(file => file.Dispute.Slashings)
            .Aggregate(UInt128.Zero, (sum, slashing) => sum + slashing.Amount.BaseUnits);
        var lost = accounts
            .Where(account => account.Key != market.Buyer.Account)
            .Aggregate(UInt128.Zero, (sum, account) => sum + account.Value.Spent.BaseUnits);
        if (slashed != lost)
        {
            Violations.Add($"disputes say that {slashed} was taken, and owners have lost {lost}");
        }
    }

    private void Require(IReadOnlyList<ReceiptCheck> checks, string what)
    {
        if (checks.FirstOrDefault(check => check.Result == CheckResult.Broken) is { } broken)
        {
            Violations.Add($"{what} does not hold: {broken.Finding}");
        }
    }
}
