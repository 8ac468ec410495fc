using System.Globalization;
using Marketplace.Chain;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// What is slashed on the chain comes to the account that the lie has harmed, as far as the books prove its loss: it has paid for the job
/// that the evidence names, and the member's signature is in the certificate by which the job ended. Nothing else is proven by evidence,
/// which a liar can make up with a friend as payer. All documents are in memory; used within the turns of one activation.
/// </summary>
internal sealed partial class JobLosses(IGrainFactory grains, IDocumentStore documents, TimeProvider clock, ILogger<SettlementGrain> log)
{
    /// <summary>Jobs of which the log was told that their credit is refused.</summary>
    private readonly HashSet<JobId> _refused = [];

    private readonly Dictionary<JobId, StoredDocument<JobLossState>> _documents = [];

    public async Task Load()
    {
        _documents.Clear();
        await foreach (var (key, _) in documents.Scan(JobLossState.Kind))
        {
            // The document is read again: what the scan saw may be a moment old.
            await Enter(JobId.Parse(key.Id));
        }
    }

    /// <summary>The chain tells of a slash, maybe again.</summary>
    public async Task Take(MemberSlashed slashed)
    {
        if (slashed is not { Job: { } job, Harmed: { } harmed })
        {
            // All are harmed, and all have it: it stays in the escrow, behind what everybody has earned.
            return;
        }
        var document = await Enter(job);
        var known = Of(document, job);
        var taken = known.Take(slashed.Member, harmed, slashed.Amount);
        if (!ReferenceEquals(taken, known))
        {
            await document.Write(taken);
        }
    }

    /// <summary>These are all that the chain has: what it has lost is taken back.</summary>
    public async Task Compare(IReadOnlyList<MemberSlashed> all)
    {
        foreach (var slashed in all)
        {
            await Take(slashed);
        }
        var told = all.Select(slashed => (slashed.Job, slashed.Member)).ToHashSet();
        foreach (var (job, document) in _documents.ToArray())
        {
            await document.Load();
            var state = Of(document, job);
            var left = state
                .Slashes.Where(slash => !told.Contains((job, slash.Member)))
                .Aggregate(state, (all, one) => all.Lose(one.Member));
            if (!ReferenceEquals(left, state))
            {
                await document.Write(left);
            }
        }
    }

    /// <summary>
    /// Decides what can be decided, and brings the books to it: each operation is durable here before the account hears of it, and is
    /// repeated until the account has answered.
    /// </summary>
    public async Task Reconcile()
    {
        foreach (var (job, document) in _documents.ToArray())
        {
            // After a write that failed it is read again.
            await document.Load();
            if (!Of(document, job).IsOpen)
            {
                continue;
            }
            try
            {
                await Reconcile(job, document);
            }
            catch (MarketException refused) when (refused.Code != ErrorCode.Unavailable)
            {
                // An account that refuses keeps neither settlements nor other accounts waiting.
                if (_refused.Add(job))
                {
                    LogRefused(job, refused.Message);
                }
            }
        }
    }

    private async Task Reconcile(JobId job, StoredDocument<JobLossState> document)
    {
        foreach (var member in Of(document, job).Slashes.Select(slash => slash.Member).ToArray())
        {
            while (Of(document, job).Slashes.First(slash => slash.Member == member) is { IsOpen: true } slash)
            {
                var state = Of(document, job);
                if (slash.Pending is { } pending)
                {
                    await Tell(state, pending);
                    await document.Write(state.With(slash.Done()));
                }
                else if (slash is { IsOnChain: true, Granted: null })
                {
                    if (await FindLoss(state, slash) is not { } loss)
                    {
                        // The job runs still, or a jury is asked about it; the end decides.
                        break;
                    }
                    var granted = TokenAmount.Min(loss, slash.Amount);
                    var decided = state.With(slash with { Granted = granted });
                    await document.Write(granted.IsZero ? decided : decided with { Payer = slash.Harmed });
                    LogDecided(slash.Amount, member, granted, slash.Harmed, job);
                }
                else
                {
                    var next = slash.Next(state.Operations + 1, clock.GetUtcNow())!;
                    var number = Math.Max(state.Operations, next.Number);
                    await document.Write(state.With(slash with { Pending = next }) with { Operations = number });
                }
            }
        }
    }

    /// <returns>What the account has lost by the member's lie and was not given back yet; null: the job has not ended, or a dispute
    /// about it has not.</returns>
    private async Task<TokenAmount?> FindLoss(JobLossState state, SlashOfJob slash)
    {
        var payment = await LostWrites.Resend(() => grains.GetGrain<IJobGrain>(state.Job.ToString()).GetPayment(Authority.Treasury));
        if (payment is { HasEnded: false })
        {
            return null;
        }
        if (payment is not { Certificate: { } root } paid || paid.Payer != slash.Harmed)
        {
            return TokenAmount.Zero;
        }
        var certificate = await LostWrites.Resend(() => grains.GetGrain<ICertificateGrain>(root.ToString()).Get());
        if (certificate is null || !HasSigned(certificate, slash.Member))
        {
            return TokenAmount.Zero;
        }
        // What workers lost in the market's own books for the same job went to its payer as well.
        if (await LostWrites.Resend(() => grains.GetGrain<IDisputeGrain>(state.Job.ToString()).GetRepaid()) is not { } repaid)
        {
            return null;
        }
        var covered = state.GrantedBeside(slash.Member) + repaid;
        return paid.Charge - TokenAmount.Min(paid.Charge, covered);
    }

    private static bool HasSigned(BatchCertificate certificate, Bytes32 member) =>
        certificate
            .Members.Where((_, place) => (certificate.Signers >> place & 1) == 1)
            .Any(signer => Possession.MemberOf(Crypto.BlsPublicKey.Read(signer.Key.Key.Span)) == member);

    private Task Tell(JobLossState state, BookOperation operation)
    {
        var account = grains.GetGrain<IAccountGrain>(state.Payer!.Value.ToString());
        var id = string.Create(CultureInfo.InvariantCulture, $"loss/{state.Job}/{operation.Number}");
        return LostWrites.Resend(() =>
            operation.Kind == BookKind.Credit
                ? account.Compensate(id, operation.Amount, operation.At, Authority.Treasury)
                : account.ReverseCompensation(id, operation.Amount, operation.At, Authority.Treasury)
        );
    }

    private async Task<StoredDocument<JobLossState>> Enter(JobId job)
    {
        if (!_documents.TryGetValue(job, out var document))
        {
            document = new StoredDocument<JobLossState>(documents, JobLossState.KeyOf(job), JobLossState.Form);
        }
        // After a write that failed it is read again.
        await document.Load();
        _documents[job] = document;
        return document;
    }

    private static JobLossState Of(StoredDocument<JobLossState> document, JobId job) => document.Value ?? new JobLossState { Job = job };

    [LoggerMessage(Level = LogLevel.Warning, Message = "What job {Job} has lost cannot be credited now, and is tried again: {Reason}")]
    private partial void LogRefused(JobId job, string reason);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Of the {Amount} that came to the escrow of the stake of member {Member}, {Granted} are account {Account}'s, which is "
            + "what it lost by job {Job}; all else stands behind what everybody has earned"
    )]
    private partial void LogDecided(TokenAmount amount, Bytes32 member, TokenAmount granted, AccountId account, JobId job);
}
