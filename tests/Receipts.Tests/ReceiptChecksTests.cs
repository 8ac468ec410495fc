using Marketplace.Crypto;

namespace Marketplace.Receipts.Tests;

public sealed class ReceiptChecksTests
{
    [Fact]
    public void GoodReceipt_SaysWhatItCheckedAndWhatNot()
    {
        var checks = ReceiptChecks.Of(Samples.File);

        Assert.Equal(
            ["words", "market's signature", "workers' signatures", "price"],
            checks.Where(check => check.Result == CheckResult.Holds).Select(check => check.Name)
        );
        Assert.Equal(
            ["market", "module", "input", "output", "result"],
            checks.Where(check => check.Result == CheckResult.NotChecked).Select(check => check.Name)
        );
    }

    [Fact]
    public void EvidenceThatFits_IsSaidToHold()
    {
        var evidence = new ReceiptEvidence
        {
            Market = Samples.Domain,
            Module = Samples.Execution.Invocation.Module,
            Input = IdDerivation.Blob("hello"u8),
            Output = IdDerivation.Blob("HELLO"u8),
        };

        Assert.Equal(["result"], Names(ReceiptChecks.Of(Samples.File, evidence), CheckResult.NotChecked));
        Assert.Equal(
            ["market", "module", "input", "output"],
            Names(
                ReceiptChecks.Of(
                    Samples.File,
                    new ReceiptEvidence
                    {
                        Market = new MarketDomain(Samples.Word(1)),
                        Module = default(BlobId),
                        Input = default(BlobId),
                        Output = default(BlobId),
                    }
                ),
                CheckResult.Broken
            )
        );
    }

    /// <summary>A market has one key and may be on another chain: the trust is in all of its domain.</summary>
    [Fact]
    public void MarketThatIsTrustedElsewhere_IsAnother()
    {
        var onChain = Samples.Domain with { ChainId = 31337, Contract = EvmAddress.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3") };
        var file = Samples.Sign(Samples.Receipt, onChain);

        Assert.Equal(CheckResult.Holds, Finding(onChain).Result);
        foreach (var other in new[] { Samples.Domain, onChain with { ChainId = 1 }, onChain with { Contract = new(new byte[20]) } })
        {
            Assert.Equal(CheckResult.Broken, Finding(other).Result);
        }
        Assert.Equal(
            $"It is of the market {onChain.Market} where it settles on chain 31337 by the contract {onChain.Contract}; expected was where "
                + "it settles on no chain.",
            Finding(Samples.Domain).Finding
        );
        Assert.Contains("settles on chain 31337", Finding(null).Finding, StringComparison.Ordinal);
        Assert.Contains($"expected was {Samples.Word(1)}", Finding(new MarketDomain(Samples.Word(1))).Finding, StringComparison.Ordinal);

        ReceiptCheck Finding(MarketDomain? trusted) =>
            Assert.Single(ReceiptChecks.Of(file, new ReceiptEvidence { Market = trusted }), check => check.Name == "market");
    }

    public static TheoryData<string, Receipt, string> Changed() =>
        new()
        {
            { "the outcome", Of(Samples.Execution.Result with { Outcome = "excellent" }), "words" },
            { "an outcome that is no end", Of(Samples.Execution.Result with { Outcome = "worker_fault" }), "words" },
            { "the state", Samples.Receipt with { State = "fine" }, "words" },
            { "the assurance", Samples.Receipt with { Assurance = "gold" }, "words" },
            { "the fault", Samples.Receipt with { Fault = "weather" }, "words" },
            { "a failed run that completed", Of(Samples.Execution.Result with { Outcome = "trapped" }), "words" },
            { "the output of a run that trapped", Failed(Samples.Execution.Result with { Outcome = "trapped" }), "words" },
            {
                "the output of no run",
                Samples.Receipt with
                {
                    Execution = Samples.Execution with { Result = Samples.Execution.Result with { Outcome = RunResult.NotRun } },
                    Seats = [],
                    State = "cancelled",
                    Fault = "client",
                    Price = TokenAmount.Zero,
                    Shares = [],
                },
                "words"
            },
            { "a certain audit of one worker", Samples.Receipt with { Assurance = "audit:100%" }, "words" },
            { "fuel beyond the limit", Of(Samples.Execution.Result with { Fuel = 1_000_001 }), "words" },
            { "a price above what is due", Samples.Receipt with { Price = new TokenAmount(14) }, "price" },
            { "a price below what is due", Samples.Receipt with { Price = new TokenAmount(12) }, "price" },
            { "a price for the worker's fault", Samples.Receipt with { State = "failed", Fault = "worker" }, "price" },
            { "a share too few", Samples.Receipt with { Shares = [] }, "price" },
            {
                "shares that overflow",
                Samples.Receipt with
                {
                    Shares = [new PaidShare(default, new TokenAmount(UInt128.MaxValue)), new PaidShare(default, new TokenAmount(14))],
                },
                "price"
            },
        };

    private static Receipt Failed(RunResult result) => Of(result) with { State = "failed", Fault = "program" };

    /// <summary>Everything is signed here: what is wrong is what is said.</summary>
    [Theory, MemberData(nameof(Changed))]
    public void SignedReceiptThatContradictsItself_IsBroken(string what, Receipt receipt, string check) =>
        Assert.True(
            ReceiptChecks.Of(Samples.Sign(receipt)).Any(found => found.Name == check && found.Result == CheckResult.Broken),
            $"{what} is not found by the check of the {check}"
        );

    [Fact]
    public void PriceAtTheLimit_Holds()
    {
        var receipt = Samples.Receipt with
        {
            PriceLimit = new TokenAmount(5),
            Price = new TokenAmount(5),
            Shares = [new PaidShare(default, new TokenAmount(2)), new PaidShare(default, new TokenAmount(3))],
        };

        Assert.Empty(Names(ReceiptChecks.Of(Samples.Sign(receipt)), CheckResult.Broken));
    }

    [Fact]
    public void JobWithoutARun_NeedsNoWorkersSignature()
    {
        var receipt = Samples.Receipt with
        {
            Execution = Samples.Execution with { Result = RunResult.Nothing },
            Seats = [],
            State = "expired",
            Fault = "no_worker",
            Price = TokenAmount.Zero,
            Shares = [],
        };
        var file = Samples.Sign(receipt) with { WorkerSignatures = [] };

        Assert.Empty(Names(ReceiptChecks.Of(file), CheckResult.Broken));
        Assert.Contains("workers' signatures", Names(ReceiptChecks.Of(file), CheckResult.NotChecked));
    }

    [Fact]
    public void SignatureOfARunThatWasNone_IsBroken()
    {
        var receipt = Of(RunResult.Nothing) with { State = "expired", Fault = "no_worker", Price = TokenAmount.Zero, Shares = [] };

        Assert.Equal(["workers' signatures"], Names(ReceiptChecks.Of(Samples.Sign(receipt)), CheckResult.Broken));
    }

    [Fact]
    public void RunWithoutItsWorkersSignature_IsBroken() =>
        Assert.Equal(["workers' signatures"], Names(ReceiptChecks.Of(Samples.File with { WorkerSignatures = [] }), CheckResult.Broken));

    /// <summary>A signature for one market, chain, contract or purpose is worth nothing for another.</summary>
    [Fact]
    public void SignatureForAnotherDomainOrPurpose_IsBroken()
    {
        MarketDomain[] others =
        [
            Samples.Domain with
            {
                Market = Samples.WorkerKey.PublicKey,
            },
            Samples.Domain with
            {
                ChainId = 1,
            },
            Samples.Domain with
            {
                Contract = EvmAddress.Parse("0x00000000000000000000000000000000000000aa"),
            },
        ];

        Assert.All(
            others,
            other =>
                Assert.Equal(
                    ["market's signature", "workers' signatures"],
                    Names(ReceiptChecks.Of(Samples.File with { Domain = other }), CheckResult.Broken)
                )
        );
        var hash = Samples.Receipt.Hash();
        Assert.NotEqual(BatchDigest.OfExecutions(Samples.Domain, hash), BatchDigest.OfReceipts(Samples.Domain, 0, hash));
        Assert.NotEqual(BatchDigest.OfReceipts(Samples.Domain, 1, hash), BatchDigest.OfReceipts(Samples.Domain, 0, hash));
    }

    private static Receipt Of(RunResult result) => Samples.Receipt with { Execution = Samples.Execution with { Result = result } };

    private static IEnumerable<string> Names(IEnumerable<ReceiptCheck> checks, CheckResult result) =>
        checks.Where(check => check.Result == result).Select(check => check.Name);
}
