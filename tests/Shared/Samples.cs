using Marketplace.Crypto;

namespace Marketplace.Tests;

/// <summary>Answers of a service, for tests that need any.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Then = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    public static readonly JobId JobId = new(Digits(1));
    public static readonly AccountId Payer = new(Digits(2));
    public static readonly WorkerId Worker = new(Digits(3));
    public static readonly ProgramId Program = new(Digits(4));

    public static Bytes32 Digits(byte value)
    {
        var bytes = new byte[Bytes32.Size];
        bytes.AsSpan().Fill(value);
        return new Bytes32(bytes);
    }

    public static Job Job(JobState state, byte[]? output = null, string? reason = null) =>
        new()
        {
            Id = JobId,
            RequestId = "request",
            Program = Program,
            State = state,
            Fault = state == JobState.Failed ? JobFault.Program : JobFault.None,
            Code = state == JobState.Failed ? ErrorCode.ProgramTrapped : null,
            Reason = reason,
            SubmittedAt = Then,
            EndedAt = state is JobState.Pending or JobState.Running ? null : Then.AddSeconds(1),
            FuelMax = 1000,
            FuelUsed = state == JobState.Pending ? 0 : 900,
            PriceMax = new TokenAmount(100),
            Charge = new TokenAmount(state == JobState.Completed ? 90u : 0u),
            Output = state == JobState.Completed ? new JobOutput(output?.Length ?? 0, output ?? [], null) : null,
            History = [new JobStep(state, Then, null, null)],
        };

    public static JobRequest Request(string id = "request", string text = "hello") =>
        new()
        {
            RequestId = id,
            Program = Program,
            InputText = text,
            PriceMax = new TokenAmount(100),
        };

    public static MarketSettlement Settlement() =>
        new(
            Chain: new MarketChain("31337", "0x5fbdb2315678afecb367f032d93f642f64180aa3"),
            State: SettlementState.Signing,
            Settled: 1,
            Head: 132,
            Counted: 120,
            Accounts: 3,
            Members: 5,
            Open: new SettlementUnderWay(2, 7, Signed: 3, Asked: 5, null),
            Trouble: "Settlement 2 waits for signatures: 3 of 5 members of epoch 7 have signed.",
            Past:
            [
                new PastSettlement(
                    Number: 1,
                    Epoch: 6,
                    Accounts: 2,
                    Receipts: 4,
                    Earned: new TokenAmount(900),
                    Spent: new TokenAmount(1_040),
                    Transaction: $"0x{Digits(7)}"
                ),
            ]
        )
        {
            Token = new SettlementToken(EvmAddress.Parse("0xe7f1725e7734ce288f8367e1bb143e90bb3f0512"), "DEV", 6),
        };

    public static DeployedProgram Deployed(ProgramId id, BlobId module) =>
        new(
            Id: id,
            Name: "echo",
            Module: module,
            ModuleSize: 8,
            Deployer: Payer,
            DeployedAt: Then,
            Abi: "wasi",
            EntryPoints: ["_start"],
            Imports: [],
            UsesState: false
        );

    public static QuoteSheet Quotes() =>
        new(
            FuelMax: 100_000_000,
            LiarsPermille: 300,
            Owners: 5,
            OwnersAtLeast: false,
            [
                new Quote(
                    Assurance: Assurance.Quorum(2, 3),
                    Available: true,
                    Reason: null,
                    Seats: 3,
                    PriceExpected: new TokenAmount(360),
                    PriceMax: new TokenAmount(420),
                    DelayMs: 1_540,
                    WrongAccepted: "2.16e-1"
                ),
                new Quote(
                    Assurance: Assurance.Committee(16),
                    Available: false,
                    Reason: "It takes a committee of 16; 0 workers that serve in committees fit now.",
                    Seats: 16,
                    PriceExpected: null,
                    PriceMax: null,
                    DelayMs: 40,
                    WrongAccepted: "1.61e-3"
                ),
                new Quote(
                    Assurance: Assurance.Quorum(16, 16),
                    Available: false,
                    Reason: "Not now.",
                    Seats: 16,
                    PriceExpected: null,
                    PriceMax: null,
                    DelayMs: null,
                    WrongAccepted: "4.31e-9"
                ),
            ],
            ReusePercent: 20
        );

    public static Blob Blob(byte[] content) => new(IdDerivation.Blob(content), content.Length, Then);

    public static Account Account(uint available = 1000) =>
        new(
            Id: Payer,
            Available: new TokenAmount(available),
            Held: TokenAmount.Zero,
            UnderWay: TokenAmount.Zero,
            Earned: TokenAmount.Zero,
            Spent: TokenAmount.Zero,
            OpenJobs: 0
        );

    public static CheckedBooks Books(params string[] violations) =>
        new(
            State: violations.Length == 0 ? BooksState.Sound : BooksState.Broken,
            Checking: false,
            CheckedAt: DateTimeOffset.UnixEpoch,
            Accounts: 2,
            Sums: new MoneySums(
                Credited: new TokenAmount(1000),
                Withdrawn: TokenAmount.Zero,
                Debt: TokenAmount.Zero,
                Available: new TokenAmount(1000),
                Held: TokenAmount.Zero,
                UnderWay: TokenAmount.Zero
            ),
            Violations: violations.Length == 0 ? null : violations,
            Reason: null
        );

    public static MarketStatus Market(int workers = 1) => new(0, 0, workers, workers * 2, workers == 0 ? null : new TokenAmount(1), 0);
}
