using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// Receipts of jobs that have ended, made of what is stored of them. Nothing of a job's end changes, so each has one receipt.
/// </summary>
internal static class JobReceipts
{
    /// <returns>Null where the job has not ended, or its run is one that no worker has signed: from before there were receipts.</returns>
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
            Worker = end.Worker ?? default,
            Assurance = Receipt.AssuranceNone,
            State = JobStatusNames.Of(end.Status),
            Fault = Receipt.NameOf(end.Fault),
            PriceLimit = job.Spec.PriceMax,
            UnitPrice = end.PricePerMillionFuel,
            Price = ending.Charge,
            Shares = ending.Charge.IsZero ? [] : [new PaidShare(end.Payee!.Value, ending.Charge)],
            Epoch = 0,
            EndedAt = Invocation.Nanoseconds(ending.EndedAt),
        };
        return new ReceiptFile
        {
            Format = ReceiptFile.FormatName,
            Domain = domain,
            Receipt = receipt,
            WorkerSignature = end.Proof is { } proof ? SignatureOf(proof.Signed) : null,
            MarketSignature = Convert.ToHexStringLower(
                market.Sign(BatchDigest.OfReceipts(domain, receipt.Epoch, receipt.Hash()).ToArray())
            ),
        };
    }

    /// <summary>A worker's report gives the job these ends; all others are the market's own word.</summary>
    private static bool IsOfRun(JobEnd end) => end.Worker is not null && end.Fault is JobFault.None or JobFault.Program;

    private static WorkerSignature SignatureOf(RunSignature signed) =>
        new()
        {
            Path =
            [
                .. signed.Path.Select((hash, step) => PathStep.Of(new MerkleStep(IsLeft: (signed.LeftSides & (1u << step)) != 0, hash))),
            ],
            Signature = Convert.ToHexStringLower(signed.Signature.Span),
        };
}
