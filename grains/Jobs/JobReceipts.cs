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
        var seats = SeatsOf(end);
        var receipt = new Receipt
        {
            Execution = new Execution
            {
                Invocation = JobExecutions.InvocationOf(id, job.Spec, job.Module, job.SubmittedAt),
                Result = JobExecutions.ResultOf(end),
            },
            Payer = job.Account,
            Seats = [.. seats.Select(seat => new Seat(seat.Worker, seat.PricePerMillionFuel))],
            Assurance = job.Spec.Assurance.ToString(),
            State = JobStatusNames.Of(end.Status),
            Fault = Receipt.NameOf(end.Fault),
            PriceLimit = job.Spec.PriceMax,
            Price = ending.Charge,
            Shares = [.. JobPricing.Shares(end, job.Spec, ending.Charge).Select(share => new PaidShare(share.Payee, share.Amount))],
            Epoch = 0,
            EndedAt = Invocation.Nanoseconds(ending.EndedAt),
        };
        var execution = receipt.Execution.Hash();
        if (end.Proof is not null && !(seats.Length > 0 && seats.All(seat => IsSigned(seat, execution, domain))))
        {
            return null;
        }
        return new ReceiptFile
        {
            Format = ReceiptFile.FormatName,
            Domain = domain,
            Receipt = receipt,
            WorkerSignatures = end.Proof is null ? [] : [.. seats.Select(seat => SignatureOf(seat.Signed!))],
            MarketSignature = Convert.ToHexStringLower(
                market.Sign(BatchDigest.OfReceipts(domain, receipt.Epoch, receipt.Hash()).ToArray())
            ),
        };
    }

    /// <summary>Those that ran it, ascending by worker.</summary>
    private static JobSeat[] SeatsOf(JobEnd end)
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

    private static WorkerSignature SignatureOf(RunSignature signed) =>
        new() { Path = [.. StepsOf(signed).Select(PathStep.Of)], Signature = Convert.ToHexStringLower(signed.Signature.Span) };

    private static IEnumerable<MerkleStep> StepsOf(RunSignature signed) =>
        signed.Path.Select((hash, step) => new MerkleStep(IsLeft: (signed.LeftSides & (1u << step)) != 0, hash));
}
