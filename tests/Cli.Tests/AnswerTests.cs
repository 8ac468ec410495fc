using System.Net;
using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary>What each command prints, for people and as JSON.</summary>
public sealed class AnswerTests : IDisposable
{
    private static readonly string Job = Samples.JobId.ToString();
    private static readonly Blob Blob = Samples.Blob("content"u8.ToArray());
    private static readonly AccessKey AccessKey = new(
        Id: "mk0123456789abcdef",
        Name: "ci",
        Scopes: [Scope.Read, Scope.Submit],
        SpendLimit: new TokenAmount(50),
        Spent: new TokenAmount(7),
        CreatedAt: Samples.Then,
        RevokedAt: null
    );

    private static readonly MarketWorker Worker = new(
        Id: Samples.Worker,
        PayTo: new AccountId(Samples.Worker.Value),
        PricePerMillionFuel: new TokenAmount(10),
        Slots: 4,
        SlotsUsed: 1,
        MemoryPagesMax: 16_384,
        Score: 640,
        Level: StandingLevel.Warning,
        Maintenance: true,
        Stake: new TokenAmount(1_000_000),
        BuyerReputationMin: 650
    );
    private static readonly AccountId Staker = Samples.Account().Id;
    private static readonly Fault Late = new(Samples.JobId, Samples.Then, new TokenAmount(50), "the worker did not report");
    private static readonly Reputation Reputation = new(
        Score: 640,
        Level: StandingLevel.Warning,
        Maintenance: true,
        Kept: 1234,
        Faulted: 2,
        Margins:
        [
            new StandingMargin(StandingLevel.Warning, 650, 0),
            new StandingMargin(StandingLevel.Probation, 500, 1),
            new StandingMargin(StandingLevel.Excluded, 300, 12),
        ],
        Faults: [Late],
        Appeals:
        [
            new Appeal(
                RequestId: "appeal-1",
                At: Samples.Then,
                Faults: [Late],
                Words: "no disk",
                Granted: true,
                Answer: "so it was",
                DecidedAt: Samples.Then
            ),
        ],
        Stake: new TokenAmount(1_000_000),
        Stakes:
        [
            new Stake(Staker, "stake-1", new TokenAmount(1_000_000), Samples.Then, StakeState.Held),
            new Stake(Staker, "stake-2", new TokenAmount(500), Samples.Then, StakeState.Unbonding, Samples.Then)
            {
                Taken = new TokenAmount(20),
            },
        ]
    );

    private static readonly Admission Waiting = new(Worker.Id, AdmissionState.Waiting)
    {
        Offer = new AdmissionOffer(
            PayTo: Staker,
            PricePerMillionFuel: new TokenAmount(12),
            Slots: 4,
            MemoryPagesMax: 1024,
            Committee: true,
            Address: "10.0.0.1",
            FirstAt: Samples.Then,
            LastAt: Samples.Then,
            Times: 2
        )
        {
            Region = "eu",
        },
    };

    private static readonly Admission Refused = new(Worker.Id, AdmissionState.Refused)
    {
        Decision = new AdmissionDecision("one", "whose \u001b[31m is it?", Samples.Then, Staker),
    };

    private static readonly MarketInfo Info = new(new string('7', 64), "0.1.0");

    private readonly Shell _shell = new();

    public AnswerTests() =>
        OfSilo(OfAdmissions(_shell.Service))
            .On($"GET /v1/jobs/{Job}", Samples.Job(JobState.Failed, reason: "unreachable"))
            .On(
                $"GET /v1/jobs/{Job}/explain",
                new JobExplanation(
                    Samples.JobId,
                    JobState.Pending,
                    "No offer fits.",
                    [new OfferVerdict(Samples.Worker, new TokenAmount(120), false, "Costs more than the limit of 100.")]
                )
            )
            .On($"POST /v1/jobs/{Job}/cancel", Samples.Job(JobState.Cancelled))
            .On(
                "GET /v1/jobs?limit=50",
                new Page<JobListItem>(
                    [
                        new JobListItem(
                            Id: Samples.JobId,
                            RequestId: "r",
                            Program: Samples.Program,
                            State: JobState.Failed,
                            Code: ErrorCode.OutOfFuel,
                            SubmittedAt: Samples.Then,
                            EndedAt: null,
                            FuelUsed: 1_000_000,
                            Charge: new TokenAmount(1)
                        ),
                    ],
                    "next"
                )
            )
            .On($"GET /v1/blobs/{Blob.Id}/info", Blob)
            .On("GET /v1/blobs?limit=50", new Page<Blob>([Blob], null))
            .On($"DELETE /v1/blobs/{Blob.Id}", _ => new HttpResponseMessage(HttpStatusCode.NoContent))
            .On(
                "GET /v1/programs?limit=50",
                new Page<DeployedProgram>([Samples.Deployed(Samples.Program, Blob.Id) with { Name = "two\nlines \u001b[31m" }], null)
            )
            .On($"GET /v1/programs/{Samples.Program}", Samples.Deployed(Samples.Program, Blob.Id))
            .On($"DELETE /v1/programs/{Samples.Program}", _ => new HttpResponseMessage(HttpStatusCode.NoContent))
            .On("GET /v1/account", Samples.Account())
            .On("GET /v1/account/refusals", new RefusalList([Worker.Id], [Staker]))
            .On("PUT /v1/account/refusals", new RefusalList([Worker.Id], [Staker]))
            .On("GET /v1/keys", new Page<AccessKey>([AccessKey], null))
            .On("POST /v1/keys", new CreatedKey("mk0123456789abcdef_secret", AccessKey))
            .On("DELETE /v1/keys/mk0123456789abcdef", _ => new HttpResponseMessage(HttpStatusCode.NoContent))
            .On("POST /v1/quotes", Samples.Quotes())
            .On("GET /v1/market", Samples.Market())
            .On("GET /v1/workers?limit=50", new Page<MarketWorker>([Worker], "next"))
            .On($"GET /v1/workers/{Worker.Id}", Worker)
            .On($"GET /v1/workers/{Worker.Id}/reputation", Reputation)
            .On(
                $"GET /v1/workers/{Worker.Id}/explain",
                new WorkerExplanation(
                    Worker.Id,
                    "It asks too much.",
                    1_500,
                    1_000,
                    [new(998, "pay less"), new(2, "need the label \u001b[31mgpu")]
                )
            )
            .On($"POST /v1/workers/{Worker.Id}/maintenance", Reputation)
            .On($"POST /v1/workers/{Worker.Id}/appeals", Reputation)
            .On($"POST /v1/workers/{Worker.Id}/decisions", Reputation)
            .On($"POST /v1/workers/{Worker.Id}/stake", Reputation)
            .On($"POST /v1/workers/{Worker.Id}/unstake", Reputation)
            .On("GET /v1/books", Samples.Books())
            .On("GET /health/ready", new Health("ready", "0.1.0", null))
            .On("GET /v1/info", Info);

    private static readonly LogLevels Levels = new([new("Marketplace.Silo", LogSeverity.Debug), new("Orleans", LogSeverity.None)]);

    private static FakeService OfSilo(FakeService service) =>
        service
            .On(
                "GET /v1/silo/grains",
                new SiloGrains(
                    12_300,
                    [new("JobGrain", null, 1_234, 5, 3, 2), new("AccountGrain", null, 2, 0, 0, 0)],
                    [
                        new(
                            Grain: "IJobGrain",
                            Method: "Begin\u001b[31m",
                            Calls: 24_600,
                            Failures: 1,
                            P50Us: 12,
                            P99Us: 340,
                            CallsTotal: 100_000,
                            FailuresTotal: 7
                        ),
                    ],
                    3
                )
            )
            .On("GET /v1/silo/storage", new SiloStorage(64L << 30, 8L << 30, 512L << 20, 3_456_789, 12))
            .On("GET /v1/silo/log-levels", Levels)
            .On("PUT /v1/silo/log-levels", Levels)
            .On(
                "GET /v1/silo/settings",
                new SiloSettings([
                    new("--urls", "MARKET_URLS", "http://127.0.0.1:8080", SettingSource.Default, Secret: false, "where it listens"),
                    new("--worker-slots", "MARKET_WORKER_SLOTS", "4", SettingSource.CommandLine, Secret: false, "how many"),
                    new("--chain-rpc", "MARKET_CHAIN_RPC", null, SettingSource.Environment, Secret: true, "the nodes"),
                    new("--chain-passphrase", "MARKET_CHAIN_PASSPHRASE", null, SettingSource.Default, Secret: true, "the passphrase"),
                ])
            );

    private static FakeService OfAdmissions(FakeService service) =>
        service
            .On("GET /v1/admissions?state=waiting&limit=50", new Page<Admission>([Waiting], "next"))
            .On("GET /v1/admissions?state=refused&limit=50", new Page<Admission>([Refused], null))
            .On($"POST /v1/admissions/{Worker.Id}/decisions", Refused);

    public static TheoryData<string, string, int> Commands =>
        new()
        {
            { "job-status", $"job status {Job}", ExitCodes.NotCompleted },
            { "job-explain", $"job explain {Job}", ExitCodes.Ok },
            { "job-cancel", $"job cancel {Job}", ExitCodes.Ok },
            { "job-quote", $"job quote {Samples.Program}", ExitCodes.Ok },
            { "job-list", "job list", ExitCodes.Ok },
            { "silo-top", "silo top", ExitCodes.Ok },
            { "silo-storage", "silo storage", ExitCodes.Ok },
            { "silo-config", "silo config", ExitCodes.Ok },
            { "silo-log-list", "silo log list", ExitCodes.Ok },
            { "silo-log-set", "silo log set Marketplace.Silo debug", ExitCodes.Ok },
            { "blob-info", $"blob info {Blob.Id}", ExitCodes.Ok },
            { "blob-list", "blob list", ExitCodes.Ok },
            { "blob-rm", $"blob rm {Blob.Id}", ExitCodes.Ok },
            { "program-list", "program list", ExitCodes.Ok },
            { "program-info", $"program info {Samples.Program}", ExitCodes.Ok },
            { "program-remove", $"program remove {Samples.Program}", ExitCodes.Ok },
            { "account-show", "account show", ExitCodes.Ok },
            { "account-refuse-list", "account refuse list", ExitCodes.Ok },
            { "account-refuse-add", $"account refuse add {Worker.Id}", ExitCodes.Ok },
            { "account-refuse-add-owner", $"account refuse add {Staker} --owner", ExitCodes.Ok },
            { "account-refuse-remove", $"account refuse remove {Staker} --owner", ExitCodes.Ok },
            { "key-list", "key list", ExitCodes.Ok },
            { "key-create", "key create ci", ExitCodes.Ok },
            { "key-revoke", "key revoke mk0123456789abcdef", ExitCodes.Ok },
            { "worker-list", "worker list", ExitCodes.Ok },
            { "worker-show", $"worker show {Worker.Id}", ExitCodes.Ok },
            { "worker-score", $"worker score {Worker.Id}", ExitCodes.Ok },
            { "worker-explain", $"worker explain {Worker.Id}", ExitCodes.Ok },
            { "worker-maintenance", $"worker maintenance {Worker.Id} on", ExitCodes.Ok },
            { "worker-appeal", $"worker appeal {Worker.Id} words --job {Job} --request-id appeal-1", ExitCodes.Ok },
            { "worker-decide", $"worker decide {Worker.Id} appeal-1 grant words", ExitCodes.Ok },
            { "worker-admissions", "worker admissions", ExitCodes.Ok },
            { "worker-admissions-refused", "worker admissions --state refused", ExitCodes.Ok },
            { "worker-admit", $"worker admit {Worker.Id} ours", ExitCodes.Ok },
            { "worker-refuse", $"worker refuse {Worker.Id} words --request-id one", ExitCodes.Ok },
            { "worker-stake", $"worker stake {Worker.Id} 1,000,000 --request-id stake-1", ExitCodes.Ok },
            { "worker-unstake", $"worker unstake {Worker.Id} stake-2", ExitCodes.Ok },
            { "worker-unstake-all", $"worker unstake {Worker.Id} --all", ExitCodes.Ok },
            { "doctor", "doctor", ExitCodes.Ok },
        };

    public void Dispose() => _shell.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Answer_IsAsReviewed(string name, string words, int exitCode)
    {
        var ran = await _shell.Run(words.Split(' '));

        Assert.Equal(exitCode, ran.ExitCode);
        Expectation.Matches($"answers/{name}.txt", ran.Text + ran.Error);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Answer_IsOneJsonDocument_AndNothingElse(string name, string words, int exitCode)
    {
        var ran = await _shell.Run([.. words.Split(' '), "--json"]);

        Assert.Equal((exitCode, ""), (ran.ExitCode, ran.Error));
        using var document = JsonDocument.Parse(ran.Output);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        Assert.Equal((byte)'\n', ran.Output[^1]);
        Assert.NotEmpty(name);
    }

    [Theory]
    [InlineData("account refuse remove 0202020202020202020202020202020202020202020202020202020202020202", "is not on the list of workers")]
    [InlineData("account refuse add me", "64 hexadecimal digits")]
    [InlineData("worker admissions --state other", "waiting, admitted, refused")]
    [InlineData("worker admit d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737", "WORDS")]
    [InlineData("worker refuse me words", "64 hexadecimal digits")]
    [InlineData("worker unstake d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737", "No stake is named")]
    [InlineData("worker unstake d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737 one --all", "named beside --all")]
    [InlineData("worker stake d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737 much", "whole number of base units")]
    public async Task WrongArguments_AreRefusedInWords(string words, string says)
    {
        var ran = await _shell.Run(words.Split(' '));

        Assert.Equal(ExitCodes.Usage, ran.ExitCode);
        Assert.Contains(says, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_AreHarmlessOnATerminal_AndAsTheyAreElsewhere()
    {
        byte[] log = "one\u001b[2J\r\ntwo\u0007"u8.ToArray();
        _shell.Service.On($"GET /v1/jobs/{Job}/log", _ => FakeService.Bytes(log));

        Assert.Equal(log, (await _shell.Run("job", "logs", Job)).Output);
        _shell.OutputIsTerminal = true;
        Assert.Equal("one\ntwo\n", (await _shell.Run("job", "logs", Job)).Text);
    }

    [Fact]
    public async Task BlobPut_PrintsTheIdOfWhatWasStored()
    {
        _shell.Write("file", "content"u8.ToArray());
        _shell.Service.On("POST /v1/blobs", Blob);

        var ran = await _shell.Run("blob", "put", "file");

        Assert.Equal((ExitCodes.Ok, Blob.Id + "\n"), (ran.ExitCode, ran.Text));
    }

    [Fact]
    public async Task BlobGet_WritesAFileOrStandardOutput()
    {
        _shell.Service.On($"GET /v1/blobs/{Blob.Id}", _ => FakeService.Bytes("content"u8.ToArray()));
        var digits = Blob.Id.ToString()["blob".Length..];

        Assert.Equal("content", (await _shell.Run("blob", "get", digits)).Text);
        var ran = await _shell.Run("blob", "get", Blob.Id.ToString(), "--output", "copy");

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(_shell.Folder, "copy"), TestContext.Current.CancellationToken));
        Assert.Equal(ExitCodes.LocalFile, (await _shell.Run("blob", "get", digits, "--output", "copy")).ExitCode);
        Assert.Equal(ExitCodes.Ok, (await _shell.Run("blob", "get", digits, "--output", "copy", "--force")).ExitCode);
    }

    [Fact]
    public async Task BlobGetOfWrongBytes_EndsWithSix()
    {
        _shell.Service.On($"GET /v1/blobs/{Blob.Id}", _ => FakeService.Bytes("contend"u8.ToArray()));

        var ran = await _shell.Run("blob", "get", Blob.Id.ToString(), "--output", "copy");

        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        Assert.Empty(Directory.GetFiles(_shell.Folder));
    }

    [Fact]
    public async Task Doctor_GoesOnToTheEnd_AndSaysWhatIsWrong()
    {
        using var shell = new Shell();
        shell
            .Service.On(
                "GET /health/ready",
                _ => FakeService.Json(new Health("starting", "9.9.9", "The journal is being read."), HttpStatusCode.ServiceUnavailable)
            )
            .On("GET /v1/info", Info)
            .On("GET /v1/account", Samples.Account(available: 0))
            .On("GET /v1/market", Samples.Market(workers: 0))
            .On("GET /v1/books", Samples.Books("1000 came in from outside or is owed, but 990 is there or went out"));

        var ran = await shell.Run("doctor");

        Assert.Equal(ExitCodes.NotCompleted, ran.ExitCode);
        Expectation.Matches("answers/doctor-ill.txt", ran.Text);
    }

    [Fact]
    public async Task DoctorWithAClientsKey_LeavesTheBooksToOperators()
    {
        using var shell = new Shell();
        shell
            .Service.On("GET /health/ready", new Health("ready", "0.1.0", null))
            .On("GET /v1/info", Info)
            .On("GET /v1/account", Samples.Account())
            .On("GET /v1/market", Samples.Market())
            .Refuses("GET /v1/books", ErrorCode.Forbidden, HttpStatusCode.Forbidden);

        var ran = await shell.Run("doctor");

        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        Assert.DoesNotContain("books", ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DoctorWithoutAKey_ShowsTheMarketsKeyAllTheSame()
    {
        _shell.Environment.Remove("MARKET_KEY");

        var ran = await _shell.Run("doctor");

        Assert.Equal(ExitCodes.NotCompleted, ran.ExitCode);
        Assert.Contains($"ok      market: {Info.Market}\n", ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsClaimedOnTheChain_IsShownWhereTheMarketSettlesThere()
    {
        using var shell = new Shell();
        var (account, books) = (Samples.Account(), Samples.Books());
        shell
            .Service.On("GET /v1/account", account with { Claimable = new TokenAmount(1234) })
            .On("GET /v1/books", books with { Sums = books.Sums! with { Claimable = new TokenAmount(4321) } })
            .On("GET /v1/settlement", Samples.Settlement())
            .On("GET /v1/market", Samples.Market())
            .On("GET /v1/info", Info)
            .On("GET /health/ready", new Health("ready", "0.1.0", null));

        Assert.Matches("earned on the chain +1,234 \\(0.001234 DEV\\)\n", (await shell.Run("account", "show")).Text);
        Assert.Contains(", 4,321 to be claimed on the chain", (await shell.Run("doctor")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DoctorOfAMarketOnAChain_ShowsWhereItSettles()
    {
        const string Contract = "0x5fbdb2315678afecb367f032d93f642f64180aa3";
        using var shell = new Shell();
        shell
            .Service.On("GET /health/ready", new Health("ready", "0.1.0", null))
            .On("GET /v1/info", Info with { Chain = new MarketChain("31337", Contract) });
        shell.Environment.Remove("MARKET_KEY");

        var ran = await shell.Run("doctor");

        Assert.Contains($"ok      market: {Info.Market}, settles on chain 31337:{Contract}\n", ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AccountWithADebt_SaysSo()
    {
        using var shell = new Shell();
        shell.Service.On("GET /v1/account", Samples.Account() with { Debt = new TokenAmount(1234) });

        Assert.Contains("1,234", (await shell.Run("account", "show")).Text, StringComparison.Ordinal);
    }
}
