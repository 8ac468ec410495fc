using System.Net;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary>The beginning of an id stands for the id, where it fits one of the account's own.</summary>
public sealed class IdTests : IDisposable
{
    private static readonly string Job = Samples.JobId.ToString();
    private static readonly Blob Blob = Samples.Blob("content"u8.ToArray());
    private static readonly string Digits = Blob.Id.ToString()[BlobId.Prefix.Length..];
    private static readonly JobListItem Item = new(
        Id: Samples.JobId,
        RequestId: "r",
        Program: Samples.Program,
        State: JobState.Failed,
        Code: ErrorCode.OutOfFuel,
        SubmittedAt: Samples.Then,
        EndedAt: null,
        FuelUsed: 1_000_000,
        Charge: new TokenAmount(1)
    );

    private readonly Shell _shell = new();

    public IdTests() =>
        _shell
            .Service.On("GET /v1/jobs?prefix=01010101&limit=10", new Page<JobListItem>([Item], null))
            .On("GET /v1/programs?prefix=04040404&limit=10", new Page<DeployedProgram>([Samples.Deployed(Samples.Program, Blob.Id)], null))
            .On($"GET /v1/blobs?prefix={Digits[..8]}&limit=10", new Page<Blob>([Blob], null))
            .On($"GET /v1/jobs/{Job}", Samples.Job(JobState.Completed))
            .On($"POST /v1/jobs/{Job}/cancel", Samples.Job(JobState.Cancelled))
            .On($"GET /v1/jobs/{Job}/explain", new JobExplanation(Samples.JobId, JobState.Pending, "No offer fits.", []))
            .On($"GET /v1/jobs/{Job}/log", _ => FakeService.Bytes([]))
            .On($"GET /v1/jobs/{Job}?wait=1", Samples.Job(JobState.Completed))
            .On($"GET /v1/blobs/{Blob.Id}/info", Blob)
            .On($"DELETE /v1/blobs/{Blob.Id}", _ => new HttpResponseMessage(HttpStatusCode.NoContent))
            .On($"GET /v1/programs/{Samples.Program}", Samples.Deployed(Samples.Program, Blob.Id))
            .On("GET /v1/market", Samples.Market())
            .On("POST /v1/jobs?wait=1", Samples.Job(JobState.Completed))
            .On($"GET /v1/jobs?program={Samples.Program}&limit=50", new Page<JobListItem>([Item], null));

    public static TheoryData<string> Commands =>
        [
            "job status 01010101",
            "job output 01010101",
            "job logs 01010101",
            "job cancel 01010101",
            "job explain 01010101",
            "job wait 01010101",
            "job watch 01010101",
            "job list --program 04040404",
            "job run prog04040404",
            "program info prog04040404",
            "program info 04040404",
            $"blob info {Digits[..8]}",
            $"blob info blob{Digits[..8].ToUpperInvariant()}",
            $"blob rm {Digits[..8]}…",
        ];

    public void Dispose() => _shell.Dispose();

    [Theory, MemberData(nameof(Commands))]
    public async Task BeginningOfAnId_IsEnough(string words)
    {
        var ran = await _shell.Run(words.Split(' '));

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task BeginningOfSeveralIds_ListsThem()
    {
        var other = new JobId(Samples.Digits(2));
        using var shell = new Shell
        {
            Service = new FakeService().On(
                "GET /v1/jobs?prefix=01010101&limit=10",
                new Page<JobListItem>([Item, Item with { Id = other, State = JobState.Running }], null)
            ),
        };

        var ran = await shell.Run("job", "cancel", "01010101");

        Assert.Equal(ExitCodes.Usage, ran.ExitCode);
        Expectation.Matches("errors/id-ambiguous.txt", ran.Error);
        Assert.Single(shell.Service.Received);
    }

    [Fact]
    public async Task BeginningOfNoId_IsNotFound()
    {
        using var shell = new Shell
        {
            Service = new FakeService().On("GET /v1/jobs?prefix=99999999&limit=10", new Page<JobListItem>([], null)),
        };

        var ran = await shell.Run("job", "status", "99999999");

        Assert.Equal(ExitCodes.NotFound, ran.ExitCode);
        Expectation.Matches("errors/id-not-found.txt", ran.Error);
    }

    [Fact]
    public async Task List_FitsTheTerminal_WithShortIdsAndTheProgramsNames()
    {
        using var shell = new Shell { OutputIsTerminal = true, Width = 72 };
        shell
            .Service.On(
                "GET /v1/jobs?limit=50",
                new Page<JobListItem>(
                    [
                        Item with
                        {
                            Code = ErrorCode.CancelledByClient,
                        },
                        Item with
                        {
                            State = JobState.Completed,
                            Charge = new TokenAmount(1_234_567),
                        },
                    ],
                    null
                )
            )
            .On(
                $"GET /v1/programs/{Samples.Program}",
                Samples.Deployed(Samples.Program, Blob.Id) with
                {
                    Name = "a program with a long name",
                }
            );

        var lines = (await shell.Run("job", "list")).Text.TrimEnd('\n').Split('\n');

        Assert.All(lines, line => Assert.True(line.Length <= 72, line));
        Assert.StartsWith(Job[..12] + "  a pr", lines[1]);
        Assert.EndsWith("1,234,567", lines[2]);
        Assert.Single(shell.Service.Received, asked => asked.Path.StartsWith("/v1/programs/", StringComparison.Ordinal));
    }
}
