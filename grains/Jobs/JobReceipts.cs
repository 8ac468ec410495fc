using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// Receipts of jobs that have ended, made of what is stored of them. Nothing of a job's end changes, so each has one receipt.
/// </summary>
internal static class JobReceipts
{
    /// <returns>
    /// Null where the job has not ended, or no worker has signed its run for this market: it ended before there were receipts, or under
    /// another key of the market.
    /// </returns>
    public static ReceiptFile? Of(JobState job, JobId id, MarketIdentity market)
    {
        if (job.Ending is not { End: var end } ending || (end.Proof is null && IsOfRun(end)))
        {
            return null;
        }
        var domain = new MarketDomain(market.PublicKey);
        var receipt = new Receipt
        {
            Execution = new Execution
            {
                Invocation = JobExecutions.InvocationOf(id, job.Spec, job.Module, job.SubmittedAt),
                Result = JobExecutions.ResultOf(end),
            },
            Payer = job.Account,
            Seats = end.Worker is { } worker ? [new Seat(worker, end.PricePerMillionFuel)] : [],
            Assurance = Assurance.None.ToString(),
            State = JobStatusNames.Of(end.Status),
            Fault = Receipt.NameOf(end.Fault),
            PriceLimit = job.Spec.PriceMax,
            Price = ending.Charge,
            Shares = ending.Charge.IsZero ? [] : [new PaidShare(end.Payee!.Value, ending.Charge)],
            Epoch = 0,
            EndedAt = Invocation.Nanoseconds(ending.EndedAt),
        };
        if (end.Proof is { } proof && (end.Worker is not { } signer || !IsSigned(signer, proof.Signed, receipt, domain)))
        {
            return null;
        }
        return new ReceiptFile
        {
            Format = ReceiptFile.FormatName,
            Domain = domain,
            Receipt = receipt,
            WorkerSignatures = end.Proof is { Signed: var signed } ? [SignatureOf(signed)] : [],
            MarketSignature = Convert.ToHexStringLower(
                market.Sign(BatchDigest.OfReceipts(domain, receipt.Epoch, receipt.Hash()).ToArray())
            ),
        };
    }

    /// <summary>A market never puts its name under a signature that does not hold.</summary>
    private static bool IsSigned(WorkerId worker, RunSignature signed, Receipt receipt, MarketDomain domain)
    {
        var root = MerkleBatch.RootOf(receipt.Execution.Hash(), StepsOf(signed));
        return Ed25519.Verify(worker.Value, BatchDigest.OfExecutions(domain, root).ToArray(), signed.Signature.Span);
    }

    /// <summary>A worker's report gives the job these ends; all others are the market's own word.</summary>
    private static bool IsOfRun(JobEnd end) =>
        end.Worker is not null && (end.Fault is JobFault.None or JobFault.Program || end.Code == ErrorCode.InvalidModule);

    private static WorkerSignature SignatureOf(RunSignature signed) =>
        new() { Path = [.. StepsOf(signed).Select(PathStep.Of)], Signature = Convert.ToHexStringLower(signed.Signature.Span) };

    private static IEnumerable<MerkleStep> StepsOf(RunSignature signed) =>
        signed.Path.Select((hash, step) => new MerkleStep(IsLeft: (signed.LeftSides & (1u << step)) != 0, hash));
}
