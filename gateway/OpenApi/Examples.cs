using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Gateway;

/// <summary>One job's way through the API, as the examples of the document: records, written as the service writes them.</summary>
internal static class Examples
{
    public static readonly JobId Job = JobId.Parse("3b1c0e5a9f77d2c46e80b1a94d5ce2f01a7b6c8d9e0f1a2b3c4d5e6f70819203");
    public static readonly AccountId Account = AccountId.Parse("8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c");
    public static readonly WorkerId Worker = WorkerId.Parse("d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737");
    public static readonly BlobId Module = BlobId.Parse("blob9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    public static readonly ProgramId Program = ProgramId.Parse("progd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    public static readonly StateRoot Root = StateRoot.Parse("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155");
    public static readonly EvmAddress Contract = EvmAddress.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3");
    public static readonly TokenAmount Amount = new(1_000_000);

    private const string RequestId = "order-2026-07-31-0042";
    private const string KeyId = "mk0123456789abcdef";
    private const long FuelUsed = 2731;

    private static readonly TokenAmount Charge = new(28);
    private static readonly DateTimeOffset At = new(2026, 7, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Output = "HELLO MARKETPLACE"u8.ToArray();

    private static readonly JobRequest JobRequest = new()
    {
        RequestId = RequestId,
        Program = Program,
        InputText = "hello marketplace",
        PriceMax = Amount,
    };

    private static readonly Job Completed = new()
    {
        Id = Job,
        RequestId = RequestId,
        Program = Program,
        State = JobState.Completed,
        Fault = JobFault.None,
        ExitCode = 0,
        SubmittedAt = At,
        EndedAt = At.AddMilliseconds(12),
        Worker = Worker,
        FuelMax = JobDefaults.FuelMax,
        FuelUsed = FuelUsed,
        PriceMax = Amount,
        Charge = Charge,
        Output = new JobOutput(Output.Length, Output, Blob: null),
        History =
        [
            new JobStep(JobState.Pending, At, Worker: null, Note: null),
            new JobStep(JobState.Matched, At.AddMilliseconds(1), Worker, Note: null),
            new JobStep(JobState.Running, At.AddMilliseconds(2), Worker, Note: null),
            new JobStep(JobState.Completed, At.AddMilliseconds(12), Worker, Note: null),
        ],
    };

    private static readonly Blob Stored = new(Module, 1234, At);

    private static readonly DeployedProgram Deployed = new(
        Id: Program,
        Name: "echo",
        Module: Module,
        ModuleSize: 1234,
        Deployer: Account,
        DeployedAt: At,
        Abi: "wasi_command",
        EntryPoints: ["_start"],
        Imports: ["wasi_snapshot_preview1.fd_write"],
        UsesState: false,
        Deterministic: true
    );

    private static readonly AccessKey Key = new(
        Id: KeyId,
        Name: "build server",
        Scopes: [Scope.Read, Scope.Submit],
        SpendLimit: Amount,
        Spent: Charge,
        CreatedAt: At,
        RevokedAt: null
    );

    private static readonly MarketWorker Offered = new(
        Id: Worker,
        PayTo: new AccountId(Worker.Value),
        PricePerMillionFuel: new TokenAmount(10_000),
        Slots: 4,
        SlotsUsed: 1,
        MemoryPagesMax: 16_384,
        Score: 982,
        Level: StandingLevel.Good,
        Maintenance: false
    );

    private static readonly Fault Late = new(Job, At, Amount, "the worker did not report before the lease's deadline");

    private static readonly Dictionary<Type, object> Records = new()
    {
        [typeof(JobRequest)] = JobRequest,
        [typeof(JobBatchRequest)] = new JobBatchRequest([JobRequest]),
        [typeof(JobBatchResponse)] = new JobBatchResponse([new JobBatchItem(Job, Existed: false, Code: null, Message: null)]),
        [typeof(JobsGetRequest)] = new JobsGetRequest([Job]),
        [typeof(JobsGetResponse)] = new JobsGetResponse([Completed], []),
        [typeof(Job)] = Completed,
        [typeof(WorkerExplanation)] = new WorkerExplanation(
            Worker,
            "It asks more than all waiting jobs pay whose needs it meets: the dearest pays 2 per million fuel; it asks 3.",
            WaitingJobs: 12,
            LookedAt: 12,
            [new WorkerObstacle(12, "pay less than the 3 per million fuel that it asks (2 at most)")]
        ),
        [typeof(MarketEvent)] = new MarketEvent(EventStream.Jobs, MarketEventKind.Leased)
        {
            At = At,
            Class = "wasm/1 · up to 16 MiB",
            Worker = Worker,
            Price = new TokenAmount(10_000),
            FuelMax = 1_000_000,
            MemoryPagesMax = 256,
        },
        [typeof(JobEnded)] = new JobEnded(
            Id: Job,
            RequestId: RequestId,
            State: JobState.Completed,
            Code: null,
            FuelUsed: FuelUsed,
            Charge: Charge,
            Output: Completed.Output
        ),
        [typeof(EventsLagged)] = new EventsLagged(3),
        [typeof(JobExplanation)] = new JobExplanation(
            Job,
            JobState.Completed,
            "The cheapest offer that fitted won.",
            [new OfferVerdict(Worker, Amount, Won: true, "It is the cheapest that fits.")]
        ),
        [typeof(Page<JobListItem>)] = new Page<JobListItem>(
            [
                new JobListItem(
                    Id: Job,
                    RequestId: RequestId,
                    Program: Program,
                    State: JobState.Completed,
                    Code: null,
                    SubmittedAt: At,
                    EndedAt: Completed.EndedAt,
                    FuelUsed: FuelUsed,
                    Charge: Charge
                ),
            ],
            Next: null
        ),
        [typeof(Blob)] = Stored,
        [typeof(Page<Blob>)] = new Page<Blob>([Stored], Next: null),
        [typeof(ProgramRequest)] = new ProgramRequest(Module, "echo"),
        [typeof(DeployedProgram)] = Deployed,
        [typeof(StateKeyPage)] = new StateKeyPage(Root, Keys: 1, Bytes: 13, [new StateKeyName("63616665", "cafe")]),
        [typeof(StateKeyValue)] = new StateKeyValue(Root, "63616665", "1"u8.ToArray()),
        [typeof(Page<DeployedProgram>)] = new Page<DeployedProgram>([Deployed], Next: null),
        [typeof(Account)] = new Account(
            Id: Account,
            Available: new TokenAmount(998_972),
            Held: Amount,
            UnderWay: TokenAmount.Zero,
            Earned: TokenAmount.Zero,
            Spent: Charge,
            OpenJobs: 1
        ),
        [typeof(RefusalList)] = new RefusalList([Worker], [Account]),
        [typeof(QuoteRequest)] = new QuoteRequest { Program = Program, Assurances = [Assurance.Quorum(2, 3)] },
        [typeof(QuoteSheet)] = new QuoteSheet(
            JobDefaults.FuelMax,
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
                    DelayMs: 40,
                    WrongAccepted: "2.16e-1"
                ),
            ],
            ReusePercent: 20
        ),
        [typeof(RefusalsRequest)] = new RefusalsRequest([Worker], [Account]),
        [typeof(KeyRequest)] = new KeyRequest("build server", [Scope.Read, Scope.Submit], Amount),
        [typeof(CreatedKey)] = new CreatedKey($"{KeyId}_{new string('0', 64)}", Key),
        [typeof(ChallengeRequest)] = new ChallengeRequest(Account),
        [typeof(AccountChallenge)] = new AccountChallenge(new byte[MarketIdentity.ChallengeSize], Worker.ToString(), At),
        [typeof(OpenRequest)] = new OpenRequest(
            Account: Account,
            Challenge: new byte[MarketIdentity.ChallengeSize],
            Signature: new byte[Ed25519.SignatureSize],
            Name: "owner"
        ),
        [typeof(OpenedAccount)] = new OpenedAccount(Account, $"{KeyId}_{new string('0', 64)}", Key),
        [typeof(TransferRequest)] = new TransferRequest("rent-2026-08", new AccountId(Worker.Value), Amount, At),
        [typeof(CreditRequest)] = new CreditRequest("invoice-17", Amount, At),
        [typeof(MarketInfo)] = new MarketInfo(Worker.ToString(), "0.1.0") { Chain = new MarketChain("31337", $"{Contract}") },
        [typeof(MarketWorker)] = Offered,
        [typeof(Page<DisputeListItem>)] = new Page<DisputeListItem>(
            [
                new DisputeListItem(
                    Job: Job,
                    State: DisputeState.Settled,
                    OpenedAt: At,
                    DecidedAt: At,
                    Results: 2,
                    Seats: [Worker, new WorkerId(Account.Value)],
                    Jurors: [],
                    Losers: [Worker],
                    Slashed: Amount
                ),
            ],
            Next: null
        ),
        [typeof(Page<MarketWorker>)] = new Page<MarketWorker>([Offered], Next: null),
        [typeof(Reputation)] = new Reputation(
            Score: 982,
            Level: StandingLevel.Good,
            Maintenance: false,
            Kept: 12_345,
            Faulted: 1,
            Margins: [new StandingMargin(StandingLevel.Warning, 650, 18)],
            Faults: [Late],
            Appeals: [new Appeal(RequestId: "appeal-1", At: At, Faults: [Late], Words: "The silo had no disk.")],
            Stake: Amount,
            Stakes: [new Stake(Account, "stake-1", Amount, At, StakeState.Held)]
        ),
        [typeof(MaintenanceRequest)] = new MaintenanceRequest(On: true),
        [typeof(AppealRequest)] = new AppealRequest("appeal-1", [Job], "The silo had no disk."),
        [typeof(StakeRequest)] = new StakeRequest("stake-1", Amount),
        [typeof(UnstakeRequest)] = new UnstakeRequest(["stake-1"]),
        [typeof(DecisionRequest)] = new DecisionRequest("appeal-1", Granted: true, "So it was."),
        [typeof(Page<AccessKey>)] = new Page<AccessKey>([Key], Next: null),
        [typeof(CommitteeEpochs)] = new CommitteeEpochs([
            new CommitteeEpoch(
                Epoch: 7,
                State: CommitteeEpochState.Running,
                Workers: 24,
                Shares: 23,
                At: At,
                Until: At + TimeSpan.FromHours(1)
            ),
        ]),
        [typeof(MarketSettlement)] = new MarketSettlement(
            Chain: new MarketChain("31337", $"{Contract}"),
            State: SettlementState.Signing,
            Settled: 1,
            Head: 132,
            Counted: 120,
            Accounts: 3,
            Members: 5,
            Open: new SettlementUnderWay(Number: 2, Epoch: 7, Signed: 3, Asked: 5, Transaction: null),
            Trouble: null,
            Past:
            [
                new PastSettlement(
                    Number: 1,
                    Epoch: 6,
                    Accounts: 2,
                    Receipts: 4,
                    Earned: new TokenAmount(900),
                    Spent: new TokenAmount(1_040),
                    Transaction: $"0x{Job.Value}"
                ),
            ]
        )
        {
            Token = new SettlementToken(Contract, "DEV", 6),
        },
        [typeof(AccountChain)] = new AccountChain(
            Owner: Contract,
            Deposited: Amount,
            Booked: Amount,
            Requested: TokenAmount.Zero,
            Claimed: TokenAmount.Zero
        ),
        [typeof(AccountChainRequest)] = new AccountChainRequest(
            Contract,
            new byte[Ed25519.SignatureSize],
            new byte[AccountOwner.SignatureSize]
        ),
        [typeof(CheckedBooks)] = new CheckedBooks(
            State: BooksState.Sound,
            Checking: false,
            CheckedAt: At,
            Accounts: 2,
            Sums: new MoneySums(
                Credited: new TokenAmount(1_000_000),
                Withdrawn: TokenAmount.Zero,
                Debt: TokenAmount.Zero,
                Available: new TokenAmount(1_000_000) - Amount,
                Held: Amount,
                UnderWay: TokenAmount.Zero
            ),
            Violations: null,
            Reason: null
        ),
        [typeof(MarketStatus)] = new MarketStatus(
            QueuedJobs: 0,
            RunningJobs: 1,
            Workers: 1,
            Slots: 4,
            LowestPricePerMillionFuel: new TokenAmount(10_000),
            ReadModelLag: 0
        ),
        [typeof(Health)] = new Health("ready", "0.1.0", Reason: null),
        [typeof(EventTicket)] = new EventTicket(new string('0', 64), At),
        [typeof(SignInTicket)] = new SignInTicket(new string('0', 64), At),
        [typeof(SignInRequest)] = new SignInRequest(new string('0', 64)),
        [typeof(SignedIn)] = new SignedIn($"{KeyId}_{new string('0', 64)}"),
        [typeof(Problem)] = ProblemFactory.Create(ErrorCode.JobNotFound, GatewayMessages.JobNotFound(Job)),
    };

    /// <returns>Null for records that only stand inside others.</returns>
    public static JsonNode? Of(Type record) =>
        Records.TryGetValue(record, out var example) ? JsonSerializer.SerializeToNode(example, ApiJson.Default.GetTypeInfo(record)!) : null;
}
