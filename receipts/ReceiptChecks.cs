using Marketplace.Crypto;

namespace Marketplace.Receipts;

/// <summary>What a verifier found about one statement of a receipt.</summary>
public enum CheckResult
{
    /// <summary>It holds.</summary>
    Holds = 0,

    /// <summary>It does not: the receipt is worth nothing.</summary>
    Broken = 1,

    /// <summary>The file alone does not tell, or what it takes was not given.</summary>
    NotChecked = 2,
}

/// <param name="Name">What was looked at, in a word or two.</param>
/// <param name="Result">Whether it holds.</param>
/// <param name="Finding">What was found, in a sentence.</param>
public sealed record ReceiptCheck(string Name, CheckResult Result, string Finding)
{
    /// <summary>A file may say a million letters where a word belongs. A finding repeats so many of them: one can still be read.</summary>
    public const int FindingCharsMax = 800;

    /// <summary>At most <see cref="FindingCharsMax"/> characters.</summary>
    internal static string Cut(string finding) => finding.Length <= FindingCharsMax ? finding : finding[..(FindingCharsMax - 1)] + "…";
}

/// <summary>What a verifier has beside the receipt. What it does not have is not checked.</summary>
public sealed record ReceiptEvidence
{
    /// <summary>The market that the verifier trusts to say who pays, with the chain and the contract where it settles.</summary>
    public MarketDomain? Market { get; init; }

    /// <summary>The hash of the module that should have run.</summary>
    public BlobId? Module { get; init; }

    /// <summary>The hash of the input that should have been read.</summary>
    public BlobId? Input { get; init; }

    /// <summary>The hash of the output that was received.</summary>
    public BlobId? Output { get; init; }

    /// <summary>The proof that the market's ledger names what the committee signed.</summary>
    public BatchProof? Batch { get; init; }
}

/// <summary>Checks a receipt offline, by RECEIPT.md.</summary>
public static class ReceiptChecks
{
    private static readonly string[] States = ["completed", "failed", "cancelled", "timed_out", "expired"];
    private static readonly string[] PaidFaults = ["none", "program", "client"];

    /// <returns>Every check, in a fixed order. The receipt is good where none is <see cref="CheckResult.Broken"/>.</returns>
    public static IReadOnlyList<ReceiptCheck> Of(ReceiptFile file, ReceiptEvidence? evidence = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        return [.. OneByOne(file, evidence ?? new ReceiptEvidence())];
    }

    /// <summary>The checks, each made when it is asked for: pairings take time, and one broken check is enough.</summary>
    internal static IEnumerable<ReceiptCheck> OneByOne(ReceiptFile file, ReceiptEvidence evidence)
    {
        var (invocation, result) = (file.Receipt.Execution.Invocation, file.Receipt.Execution.Result);
        yield return Words(file);
        yield return OfMarket(file.Domain, evidence.Market);
        yield return Market(file);
        yield return file.Reuse is { } reuse ? ReuseCheck.Of(file, reuse) : Signers(file);
        yield return file.Reuse is { } priced ? ReuseCheck.Price(file.Receipt, priced) : Price(file.Receipt);
        if (evidence.Batch is { } batch)
        {
            yield return batch.Check(file);
        }
        yield return Content("module", invocation.Module, evidence.Module);
        yield return Content("input", invocation.Input, evidence.Input);
        yield return Content("output", result.Output, evidence.Output);
        yield return NotChecked(
            "result",
            result.Outcome == RunResult.NotRun
                ? "No run was reported, so there is no result."
                : "That the program gives this output is the word of those who signed; run the job again to see for yourself."
        );
    }

    /// <summary>Why a receipt contradicts itself, whoever signs it; null: it does not. Words, seats, price and shares.</summary>
    internal static string? Contradiction(Receipt receipt) =>
        new[] { Words(receipt, reuse: null), Price(receipt) }.FirstOrDefault(check => check.Result == CheckResult.Broken)?.Finding;

    private static ReceiptCheck Words(ReceiptFile file) => Words(file.Receipt, file.Reuse);

    private static ReceiptCheck Words(Receipt receipt, ReceiptReuse? reuse)
    {
        const string Name = "words";
        if (!RunResult.IsOutcome(receipt.Execution.Result.Outcome))
        {
            return Broken(Name, $"'{receipt.Execution.Result.Outcome}' is no outcome of a run.");
        }
        if (!States.Contains(receipt.State) || !Receipt.IsFault(receipt.Fault))
        {
            return Broken(Name, $"'{receipt.State}' by the fault '{receipt.Fault}' is no end of a job.");
        }
        if (!Assurance.TryParse(receipt.Assurance, out var assurance))
        {
            return Broken(Name, $"'{receipt.Assurance}' is no assurance.");
        }
        if ((receipt.State == "completed") != (receipt.Fault == "none"))
        {
            return Broken(Name, $"A job that ended as {receipt.State} by the fault '{receipt.Fault}' contradicts itself.");
        }
        if (receipt.State == "completed" && receipt.Execution.Result.Outcome != "completed")
        {
            return Broken(Name, $"The job completed, but its run ended as {receipt.Execution.Result.Outcome}.");
        }
        if (receipt.Execution.Result.Outcome == RunResult.NotRun && receipt.Fault is ("none" or "program"))
        {
            return Broken(Name, $"The job ended by the fault '{receipt.Fault}', which takes a run, and no run is said to have ended.");
        }
        if (SaysMoreThanCame(receipt.Execution.Result))
        {
            return Broken(
                Name,
                $"The run is said to have ended as {receipt.Execution.Result.Outcome}, and yet something is said to have come of it."
            );
        }
        if (receipt.Execution.Result.Fuel > receipt.Execution.Invocation.FuelLimit)
        {
            return Broken(
                Name,
                $"The run used {receipt.Execution.Result.Fuel} fuel, more than its limit of {receipt.Execution.Invocation.FuelLimit}."
            );
        }
        var hash = reuse?.Hash(receipt) ?? receipt.Hash();
        return (reuse is null ? WrongSeats(receipt, assurance) : ReuseCheck.Wrong(receipt)) is { } wrong
            ? Broken(Name, wrong)
            : Holds(Name, $"Job {receipt.Execution.Invocation.Job} {receipt.State.Replace('_', ' ')}; its receipt's hash is {hash}.");
    }

    private static bool SaysMoreThanCame(RunResult result) =>
        result.Outcome == RunResult.NotRun
            ? (result with { Fuel = 0 }).Hash() != RunResult.Nothing.Hash()
            : result.Outcome != "completed" && (result.Output != default || result.OutputFiles.Count > 0);

    /// <returns>Why the seats are not such as the assurance has; null: they are.</returns>
    private static string? WrongSeats(Receipt receipt, Assurance assurance)
    {
        var (seats, isRun) = (receipt.Seats, receipt.Execution.Result.Outcome != RunResult.NotRun);
        var least =
            !isRun ? 0
            : receipt.Fault is not ("none" or "program") ? 1
            : assurance.Kind == AssuranceKind.Quorum ? assurance.Agreeing
            : assurance.Kind == AssuranceKind.Audit && assurance.Permille == Assurance.PermilleMax ? assurance.Seats
            : 1;
        if (seats.Count < least || seats.Count > assurance.Seats)
        {
            return $"The assurance '{assurance}' takes from {least} to {assurance.Seats} seats here; the receipt has {seats.Count}.";
        }
        for (var index = 1; index < seats.Count; index++)
        {
            if (seats[index - 1].Worker.Value.CompareTo(seats[index].Worker.Value) >= 0)
            {
                return $"The seats are not ascending by worker: {seats[index].Worker} stands in the wrong place, or twice.";
            }
        }
        return null;
    }

    internal static ReceiptCheck OfMarket(MarketDomain domain, MarketDomain? trusted) =>
        trusted is null ? NotChecked("market", $"It is of the market {NameOf(domain)}; compare that with the key of yours.")
        : trusted == domain ? Holds("market", $"It is of the market {NameOf(domain)}, as expected.")
        : trusted.Market != domain.Market ? Broken("market", $"It is of the market {domain.Market}; expected was {trusted.Market}.")
        : Broken(
            "market",
            $"It is of the market {domain.Market} where it {domain.Settlement}; expected was where it {trusted.Settlement}."
        );

    /// <summary>Its key, and where it settles if it settles on a chain.</summary>
    internal static string NameOf(MarketDomain domain) =>
        domain.Settles ? $"{domain.Market}, which {domain.Settlement}" : $"{domain.Market}";

    private static ReceiptCheck Market(ReceiptFile file)
    {
        const string Name = "market's signature";
        var digest = BatchDigest.OfReceipts(file.Domain, file.Receipt.Epoch, file.Hash());
        return IsSigned(file.Domain.Market, digest, file.MarketSignature)
            ? Holds(Name, "The market has signed the receipt.")
            : Broken(Name, "The market has not signed this receipt.");
    }

    /// <summary>Who says how the run ended: its workers, or a committee.</summary>
    private static ReceiptCheck Signers(ReceiptFile file)
    {
        var isByCommittee = Assurance.TryParse(file.Receipt.Assurance, out var assurance) && assurance.Kind == AssuranceKind.Committee;
        var name = isByCommittee ? "certificate" : "workers' signatures";
        if (file.Receipt.Execution.Result.Outcome == RunResult.NotRun)
        {
            return file.WorkerSignatures.Count == 0 && file.Certificate is null
                ? NotChecked(name, "No run was reported, so no worker has signed; the market says how the job ended.")
                : Broken(name, "No run was reported, and yet one is signed.");
        }
        if (isByCommittee ? file.WorkerSignatures.Count > 0 : file.Certificate is not null)
        {
            return Broken(name, $"With the assurance '{file.Receipt.Assurance}', others sign a run than have signed this one.");
        }
        return isByCommittee ? CertificateCheck.Of(file, assurance.Seats) : Workers(file);
    }

    private static ReceiptCheck Workers(ReceiptFile file)
    {
        const string Name = "workers' signatures";
        var (seats, outcome) = (file.Receipt.Seats, file.Receipt.Execution.Result.Outcome);
        if (seats.Count is 0 or > Assurance.QuorumSeatsMax || file.WorkerSignatures.Count != seats.Count)
        {
            return Broken(
                Name,
                $"The run ended as {outcome}, which {seats.Count} workers are said to have got; "
                    + $"{file.WorkerSignatures.Count} have signed that."
            );
        }
        for (var index = 0; index < seats.Count; index++)
        {
            var (worker, signed) = (seats[index].Worker, file.WorkerSignatures[index]);
            if (!PathStep.TryRead(signed.Path, out var path))
            {
                return Broken(Name, "A step of the path to the signed root has not one of 'left' and 'right'.");
            }
            var root = MerkleBatch.RootOf(file.Receipt.Execution.Hash(), path);
            if (!IsSigned(worker.Value, BatchDigest.OfExecutions(file.Domain, root), signed.Signature))
            {
                return Broken(Name, $"Worker {worker} has not signed this execution.");
            }
        }
        return Holds(
            Name,
            seats.Count == 1
                ? $"Worker {seats[0].Worker} has signed what it ran and what came out."
                : $"All {seats.Count} workers have signed what they ran and what came out."
        );
    }

    private static ReceiptCheck Price(Receipt receipt)
    {
        const string Name = "price";
        var due = PaidFaults.Contains(receipt.Fault)
            ? Seat.Cost(receipt.Execution.Result.Fuel, receipt.Seats, receipt.PriceLimit)
            : TokenAmount.Zero;
        if (receipt.Price != due)
        {
            return Broken(
                Name,
                $"{receipt.Execution.Result.Fuel} fuel of {receipt.Seats.Count} seats, at most {receipt.PriceLimit}, with the fault "
                    + $"'{receipt.Fault}', cost {due}; the receipt says {receipt.Price}."
            );
        }
        var fuel = receipt.Execution.Result.Outcome == RunResult.NotRun ? "the fuel that the market states" : "fuel";
        return Shared(receipt, $"The price of {receipt.Price} follows from {fuel}, unit prices and limit, and is shared out whole.");
    }

    /// <param name="receipt">Its price is right.</param>
    /// <param name="finding">What to say where it is shared out.</param>
    internal static ReceiptCheck Shared(Receipt receipt, string finding)
    {
        const string Name = "price";
        UInt128 shared = 0;
        foreach (var share in receipt.Shares)
        {
            if (share.Amount.IsZero || UInt128.MaxValue - shared < share.Amount.BaseUnits)
            {
                return Broken(Name, "A share is nothing, or the shares are more than there can be.");
            }
            shared += share.Amount.BaseUnits;
        }
        return shared == receipt.Price.BaseUnits
            ? Holds(Name, finding)
            : Broken(Name, $"The shares are {shared} together; the price is {receipt.Price}.");
    }

    private static ReceiptCheck Content(string name, BlobId stated, BlobId? actual) =>
        stated == default && actual is null ? NotChecked(name, $"The receipt says that there was no {name}.")
        : actual is not { } id ? NotChecked(name, $"The receipt says {stated}; no {name} was given to compare.")
        : id == stated ? Holds(name, $"The {name} is {stated}.")
        : Broken(name, $"The {name} is {id}; the receipt says {stated}.");

    internal static bool IsSigned(Bytes32 key, Bytes32 digest, string signature)
    {
        Span<byte> bytes = stackalloc byte[Ed25519.SignatureSize],
            message = stackalloc byte[Bytes32.Size];
        digest.CopyTo(message);
        return signature.Length == 2 * Ed25519.SignatureSize
            && Convert.FromHexString(signature, bytes, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == bytes.Length
            && !signature.AsSpan().ContainsAnyInRange('A', 'F')
            && Ed25519.Verify(key, message, bytes);
    }

    internal static ReceiptCheck Holds(string name, string finding) => new(name, CheckResult.Holds, ReceiptCheck.Cut(finding));

    internal static ReceiptCheck Broken(string name, string finding) => new(name, CheckResult.Broken, ReceiptCheck.Cut(finding));

    internal static ReceiptCheck NotChecked(string name, string finding) => new(name, CheckResult.NotChecked, ReceiptCheck.Cut(finding));
}
