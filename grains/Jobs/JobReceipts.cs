using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// Receipts of jobs that have ended, made of what is stored of them. Nothing of a job's end changes, so each has one receipt.
/// </summary>
internal static class JobReceipts
{
    /// <param name="job">The job.</param>
    /// <param name="id">Its id.</param>
    /// <param name="market">Signs.</param>
    /// <param name="domain">What is signed for.</param>
    /// <param name="certificate">That of a job with a committee; null: it has none.</param>
    /// <param name="earlier">The receipt that answered a job; null: none did.</param>
    /// <returns>
    /// Null where the job has not ended, or those who should have did not sign its run for this market: it ended before there were
    /// receipts, or under another key, chain or contract of the market.
    /// </returns>
    public static ReceiptFile? Of(
        JobState job,
        JobId id,
        MarketIdentity market,
        MarketDomain domain,
        BatchCertificate? certificate = null,
        ReceiptFile? earlier = null
    )
    {
        if (job.Ending is not { End: var end } ending || (end.Proof is null && IsOfRun(end)))
        {
            return null;
        }
        var receipt = ReceiptOf(job, ending, id, end.Certificate?.Epoch ?? 0);
        var (seats, execution) = (SeatsOf(end), receipt.Execution.Hash());
        if (end.Reuse is { } reuse)
        {
            return Answered(receipt, reuse, domain, market, earlier);
        }
        if (end.Proof is not null && !(seats.Length > 0 && seats.All(seat => IsSigned(seat, execution, domain))))
        {
            return null;
        }
        if (certificate is null != end.Certificate is null)
        {
            return null;
        }
        return new ReceiptFile
        {
            Format = ReceiptFile.FormatName,
            Domain = domain,
            Receipt = receipt,
            WorkerSignatures = end.Proof is null || certificate is not null ? [] : [.. seats.Select(seat => SignatureOf(seat.Signed!))],
            Certificate = certificate is null ? null : CertificateOf(certificate, end.Certificate!, domain, market),
            MarketSignature = Convert.ToHexStringLower(
                market.Sign(BatchDigest.OfReceipts(domain, receipt.Epoch, receipt.Hash()).ToArray())
            ),
        };
    }

    /// <returns>Null where the earlier receipt is not there any more, or has another hash: it is of another domain of the market.</returns>
    private static ReceiptFile? Answered(Receipt receipt, JobReuse reuse, MarketDomain domain, MarketIdentity market, ReceiptFile? earlier)
    {
        if (earlier is null || earlier.Domain != domain || earlier.Hash() != reuse.Receipt)
        {
            return null;
        }
        var answer = new ReceiptReuse { Percent = (ushort)reuse.Percent, Earlier = earlier };
        var digest = BatchDigest.OfReceipts(domain, receipt.Epoch, answer.Hash(receipt));
        return new ReceiptFile
        {
            Format = ReceiptFile.FormatName,
            Domain = domain,
            Receipt = receipt,
            WorkerSignatures = [],
            Reuse = answer,
            MarketSignature = Convert.ToHexStringLower(market.Sign(digest.ToArray())),
        };
    }

    /// <summary>What a committee is to sign of an end that is proposed.</summary>
    public static JobProposal Draft(JobState job, JobEnding proposed, JobId id, ulong epoch)
    {
        var receipt = ReceiptOf(job, proposed, id, epoch);
        return new JobProposal(
            new ReceiptDraft(
                Job: id,
                Payer: receipt.Payer,
                Seats: [.. SeatsOf(proposed.End).Select(seat => seat with { Signed = null })],
                Assurance: receipt.Assurance,
                State: receipt.State,
                Fault: receipt.Fault,
                PriceLimit: receipt.PriceLimit,
                Price: receipt.Price,
                Shares: JobPricing.Shares(proposed.End, job.Spec, proposed.Charge),
                EndedAt: receipt.EndedAt
            ),
            receipt.Hash()
        );
    }

    private static Receipt ReceiptOf(JobState job, JobEnding ending, JobId id, ulong epoch)
    {
        var end = ending.End;
        return new Receipt
        {
            Execution = new Execution
            {
                Invocation = JobExecutions.InvocationOf(id, job.Spec, job.Module, job.SubmittedAt),
                Result = JobExecutions.ResultOf(end),
            },
            Payer = job.Account,
            Seats = [.. SeatsOf(end).Select(seat => new Seat(seat.Worker, seat.PricePerMillionFuel))],
            Assurance = job.Spec.Assurance.ToString(),
            State = JobStatusNames.Of(end.Status),
            Fault = Receipt.NameOf(end.Fault),
            PriceLimit = job.Spec.PriceMax,
            Price = ending.Charge,
            Shares = [.. JobPricing.Shares(end, job.Spec, ending.Charge).Select(share => new PaidShare(share.Payee, share.Amount))],
            Epoch = epoch,
            EndedAt = Invocation.Nanoseconds(ending.EndedAt),
        };
    }

    private static CommitteeCertificate CertificateOf(
        BatchCertificate certificate,
        JobCertificate place,
        MarketDomain domain,
        MarketIdentity market
    )
    {
        CommitteeMember[] members = [.. certificate.Members.Select(Committee.ToMember)];
        return new CommitteeCertificate
        {
            Members = members,
            MembersSignature = Convert.ToHexStringLower(market.Sign(BatchDigest.OfCommittee(domain, certificate.Epoch, members).ToArray())),
            Path = [.. StepsOf(place.Path, place.LeftSides).Select(PathStep.Of)],
            Signers = certificate.Signers,
            Signature = Convert.ToHexStringLower(certificate.Signature.Span),
        };
    }

    /// <summary>Those that ran it, ascending by worker.</summary>
    public static JobSeat[] SeatsOf(JobEnd end)
    {
        if (end.Worker is not { } worker)
        {
            return [];
        }
        var first = new JobSeat(worker, end.Payee ?? default, end.PricePerMillionFuel, end.Proof?.Signed);
        return end.Others.IsDefaultOrEmpty ? [first] : [.. end.Others.Append(first).OrderBy(seat => seat.Worker)];
    }

    /// <summary>A market never puts its name under a signature that does not hold.</summary>
    private static bool IsSigned(JobSeat seat, Bytes32 execution, MarketDomain domain) =>
        seat.Signed is { } signed
        && Ed25519.Verify(
            seat.Worker.Value,
            BatchDigest.OfExecutions(domain, MerkleBatch.RootOf(execution, StepsOf(signed))).ToArray(),
            signed.Signature.Span
        );

    /// <summary>A worker's report gives the job these ends; all others are the market's own word.</summary>
    private static bool IsOfRun(JobEnd end) =>
        end.Worker is not null && (end.Fault is JobFault.None or JobFault.Program || end.Code == ErrorCode.InvalidModule);

    public static WorkerSignature SignatureOf(RunSignature signed) =>
        new() { Path = [.. StepsOf(signed).Select(PathStep.Of)], Signature = Convert.ToHexStringLower(signed.Signature.Span) };

    public static IEnumerable<MerkleStep> StepsOf(RunSignature signed) => StepsOf(signed.Path, signed.LeftSides);

    private static IEnumerable<MerkleStep> StepsOf(ImmutableArray<Bytes32> path, uint leftSides) =>
        path.Select((hash, step) => new MerkleStep(IsLeft: (leftSides & (1u << step)) != 0, hash));
}
