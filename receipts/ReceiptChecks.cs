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
public sealed record ReceiptCheck(string Name, CheckResult Result, string Finding);

/// <summary>What a verifier has beside the receipt. What it does not have is not checked.</summary>
public sealed record ReceiptEvidence
{
    /// <summary>The market that the verifier trusts to say who pays.</summary>
    public Bytes32? Market { get; init; }

    /// <summary>The hash of the module that should have run.</summary>
    public BlobId? Module { get; init; }

    /// <summary>The hash of the input that should have been read.</summary>
    public BlobId? Input { get; init; }

    /// <summary>The hash of the output that was received.</summary>
    public BlobId? Output { get; init; }
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
        evidence ??= new ReceiptEvidence();
        var (invocation, result) = (file.Receipt.Execution.Invocation, file.Receipt.Execution.Result);
        return
        [
            Words(file.Receipt),
            MarketKey(file.Domain, evidence.Market),
            Market(file),
            Worker(file),
            Price(file.Receipt),
            Content("module", invocation.Module, evidence.Module),
            Content("input", invocation.Input, evidence.Input),
            Content("output", result.Output, evidence.Output),
            new ReceiptCheck(
                "result",
                CheckResult.NotChecked,
                "That the program gives this output is the worker's word; run the job again to see for yourself."
            ),
        ];
    }

    private static ReceiptCheck Words(Receipt receipt)
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
        if (receipt.Assurance != Receipt.AssuranceNone)
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
        return receipt.Execution.Result.Fuel > receipt.Execution.Invocation.FuelLimit
            ? Broken(
                Name,
                $"The run used {receipt.Execution.Result.Fuel} fuel, more than its limit of {receipt.Execution.Invocation.FuelLimit}."
            )
            : Holds(
                Name,
                $"Job {receipt.Execution.Invocation.Job} {receipt.State.Replace('_', ' ')}; its receipt's hash is {receipt.Hash()}."
            );
    }

    private static ReceiptCheck MarketKey(MarketDomain domain, Bytes32? trusted) =>
        trusted is not { } key ? NotChecked("market", $"It is of the market {domain.Market}; compare that with the key of yours.")
        : key == domain.Market ? Holds("market", $"It is of the market {domain.Market}, as expected.")
        : Broken("market", $"It is of the market {domain.Market}; expected was {key}.");

    private static ReceiptCheck Market(ReceiptFile file)
    {
        const string Name = "market's signature";
        var digest = BatchDigest.OfReceipts(file.Domain, file.Receipt.Epoch, file.Receipt.Hash());
        return IsSigned(file.Domain.Market, digest, file.MarketSignature)
            ? Holds(Name, "The market has signed the receipt.")
            : Broken(Name, "The market has not signed this receipt.");
    }

    private static ReceiptCheck Worker(ReceiptFile file)
    {
        const string Name = "worker's signature";
        var worker = file.Receipt.Worker;
        var outcome = file.Receipt.Execution.Result.Outcome;
        if (outcome == RunResult.NotRun)
        {
            return file.WorkerSignature is null
                ? NotChecked(Name, "No run was reported, so no worker has signed; the market says how the job ended.")
                : Broken(Name, "No run was reported, and yet a worker has signed one.");
        }
        if (file.WorkerSignature is not { } signed)
        {
            return Broken(Name, $"The run ended as {outcome}, but no worker has signed that.");
        }
        var path = new List<MerkleStep>(signed.Path.Count);
        foreach (var step in signed.Path)
        {
            if (!step.TryRead(out var read))
            {
                return Broken(Name, "A step of the path to the signed root has not one of 'left' and 'right'.");
            }
            path.Add(read.Value);
        }
        var root = MerkleBatch.RootOf(file.Receipt.Execution.Hash(), path);
        return IsSigned(worker.Value, BatchDigest.OfExecutions(file.Domain, root), signed.Signature)
            ? Holds(Name, $"Worker {worker} has signed what it ran and what came out.")
            : Broken(Name, $"Worker {worker} has not signed this execution.");
    }

    private static ReceiptCheck Price(Receipt receipt)
    {
        const string Name = "price";
        var due = PaidFaults.Contains(receipt.Fault)
            ? FuelPrice.Cost(receipt.Execution.Result.Fuel, receipt.UnitPrice, receipt.PriceLimit)
            : TokenAmount.Zero;
        if (receipt.Price != due)
        {
            return Broken(
                Name,
                $"{receipt.Execution.Result.Fuel} fuel at {receipt.UnitPrice} a million, at most {receipt.PriceLimit}, with the fault "
                    + $"'{receipt.Fault}', cost {due}; the receipt says {receipt.Price}."
            );
        }
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
            ? Holds(Name, $"The price of {receipt.Price} follows from fuel, unit price and limit, and is shared out whole.")
            : Broken(Name, $"The shares are {shared} together; the price is {receipt.Price}.");
    }

    private static ReceiptCheck Content(string name, BlobId stated, BlobId? actual) =>
        actual is not { } id ? NotChecked(name, $"The receipt says {stated}; no {name} was given to compare.")
        : id == stated ? Holds(name, $"The {name} is {stated}.")
        : Broken(name, $"The {name} is {id}; the receipt says {stated}.");

    private static bool IsSigned(Bytes32 key, Bytes32 digest, string signature)
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

    private static ReceiptCheck Holds(string name, string finding) => new(name, CheckResult.Holds, finding);

    private static ReceiptCheck Broken(string name, string finding) => new(name, CheckResult.Broken, finding);

    private static ReceiptCheck NotChecked(string name, string finding) => new(name, CheckResult.NotChecked, finding);
}
