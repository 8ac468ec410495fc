using System.Net;
using Marketplace.Crypto;
using Marketplace.Tests;

namespace Marketplace.Sdk.Tests;

public sealed class JobTests : IDisposable
{
    private readonly Fixture _fixture = new();

    private FakeService Service => _fixture.Service;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Run_WaitsUntilTheJobHasEnded()
    {
        Service
            .On("POST /v1/jobs?wait=20", Samples.Job(JobState.Pending))
            .On($"GET /v1/jobs/{Samples.JobId}?wait=20", Samples.Job(JobState.Running))
            .On($"GET /v1/jobs/{Samples.JobId}?wait=20", Samples.Job(JobState.Completed, "HELLO"u8.ToArray()));
        var seen = new States();

        var job = await _fixture.Client.Jobs.Run(Samples.Request(), seen, Fixture.Cancellation);

        Assert.Equal("HELLO"u8.ToArray(), await _fixture.Client.Jobs.Output(job, Fixture.Cancellation));
        Assert.Equal([JobState.Pending, JobState.Running, JobState.Completed], seen.All);
    }

    [Fact]
    public async Task WaitThatIsAnsweredEarly_PausesInsteadOfAskingWithoutEnd()
    {
        var path = $"GET /v1/jobs/{Samples.JobId}?wait=20";
        Service.On(path, Samples.Job(JobState.Running)).On(path, Samples.Job(JobState.Running)).On(path, Samples.Job(JobState.Cancelled));

        await _fixture.Client.Jobs.Wait(Samples.JobId, cancellation: Fixture.Cancellation);

        Assert.Equal(2, _fixture.Time.Waits.Count);
    }

    [Fact]
    public async Task WaitThatIsAnsweredInTime_GoesOnAtOnce()
    {
        var path = $"GET /v1/jobs/{Samples.JobId}?wait=20";
        Service
            .On(
                path,
                _ =>
                {
                    _fixture.Time.Advance(TimeSpan.FromSeconds(20));
                    return FakeService.Json(Samples.Job(JobState.Running));
                }
            )
            .On(path, Samples.Job(JobState.Completed));

        await _fixture.Client.Jobs.Wait(Samples.JobId, cancellation: Fixture.Cancellation);

        Assert.Empty(_fixture.Time.Waits);
    }

    [Fact]
    public async Task CancelWhoseAnswerWasLost_IsStillACancel()
    {
        Service
            .Refuses($"POST /v1/jobs/{Samples.JobId}/cancel", ErrorCode.JobEnded, HttpStatusCode.Conflict)
            .On($"GET /v1/jobs/{Samples.JobId}", Samples.Job(JobState.Cancelled));

        Assert.Equal(JobState.Cancelled, (await _fixture.Client.Jobs.Cancel(Samples.JobId, Fixture.Cancellation)).State);
    }

    [Fact]
    public async Task CancelOfACompletedJob_IsRefused()
    {
        Service
            .Refuses($"POST /v1/jobs/{Samples.JobId}/cancel", ErrorCode.JobEnded, HttpStatusCode.Conflict)
            .On($"GET /v1/jobs/{Samples.JobId}", Samples.Job(JobState.Completed));

        await Assert.ThrowsAsync<MarketplaceException>(() => _fixture.Client.Jobs.Cancel(Samples.JobId, Fixture.Cancellation));
    }

    [Fact]
    public async Task List_CanBeOfOneStateAndOneProgram()
    {
        Service.On($"GET /v1/jobs?state=failed&program={Samples.Program}&limit=100", new Page<JobListItem>([Item(1)], null));

        Assert.Single((await _fixture.Client.Jobs.ListPage(JobState.Failed, Samples.Program, cancellation: Fixture.Cancellation)).Items);
    }

    [Fact]
    public async Task Find_AsksForTheBeginningOfAnId_AndRefusesOneThatIsNone()
    {
        Service.On("GET /v1/jobs?prefix=0a1b2c3d&limit=10", new Page<JobListItem>([Item(1)], null));

        Assert.Single(await _fixture.Client.Jobs.Find("0A1B2C3D", cancellation: Fixture.Cancellation));
        foreach (var digits in (string[])["0a1b2c3", "0a1b2c3g", new string('0', 65), ""])
        {
            await Assert.ThrowsAsync<ArgumentException>(() => _fixture.Client.Jobs.Find(digits, cancellation: Fixture.Cancellation));
        }
    }

    [Fact]
    public async Task List_FollowsTheCursors()
    {
        Service
            .On("GET /v1/jobs?state=timed_out&limit=2", new Page<JobListItem>([Item(1), Item(2)], "a b"))
            .On("GET /v1/jobs?state=timed_out&limit=2&cursor=a%20b", new Page<JobListItem>([Item(3)], null));

        var ids = new List<JobId>();
        await foreach (var job in _fixture.Client.Jobs.List(JobState.TimedOut, pageSize: 2, cancellation: Fixture.Cancellation))
        {
            ids.Add(job.Id);
        }

        Assert.Equal([Item(1).Id, Item(2).Id, Item(3).Id], ids);
    }

    [Fact]
    public async Task ListThatLeadsToItself_IsNotFollowed()
    {
        Service
            .On("GET /v1/jobs?limit=100", new Page<JobListItem>([Item(1)], "again"))
            .On("GET /v1/jobs?limit=100&cursor=again", new Page<JobListItem>([Item(1)], "again"));

        await Assert.ThrowsAsync<MarketplaceProtocolException>(async () =>
        {
            await foreach (var _ in _fixture.Client.Jobs.List(cancellation: Fixture.Cancellation)) { }
        });
    }

    [Fact]
    public async Task OutputThatIsABlob_IsVerified()
    {
        var output = "large"u8.ToArray();
        var job = Samples.Job(JobState.Completed) with { Output = new JobOutput(output.Length, null, IdDerivation.Blob(output)) };
        Service
            .On($"GET /v1/jobs/{Samples.JobId}/output", _ => FakeService.Bytes(output))
            .On($"GET /v1/jobs/{Samples.JobId}/output", _ => FakeService.Bytes([0, 0, 0, 0, 0]));

        Assert.Equal(output, await _fixture.Client.Jobs.Output(job, Fixture.Cancellation));
        await Assert.ThrowsAsync<BlobVerificationException>(() => _fixture.Client.Jobs.Output(job, Fixture.Cancellation));
    }

    [Fact]
    public async Task Deploy_OfAKnownProgram_SendsNothing()
    {
        byte[] module = [0, 1, 2];
        var id = IdDerivation.Program(IdDerivation.Blob(module), default);
        Service.On($"GET /v1/programs/{id}", Samples.Deployed(id, IdDerivation.Blob(module)));

        Assert.Equal(id, (await _fixture.Client.Programs.Deploy(new MemoryStream(module), cancellation: Fixture.Cancellation)).Id);

        Assert.Single(Service.Received);
    }

    [Fact]
    public async Task Remove_SaysWhetherThereWasAProgramAndWhyItStays()
    {
        var id = new ProgramId(new Bytes32(new byte[32]));
        var route = $"DELETE /v1/programs/{id}";
        Service
            .Refuses(route, ErrorCode.ProgramInUse, HttpStatusCode.Conflict)
            .On(route, _ => new HttpResponseMessage(HttpStatusCode.NoContent))
            .Refuses(route, ErrorCode.ProgramNotFound, HttpStatusCode.NotFound);

        var refused = await Assert.ThrowsAsync<MarketplaceException>(() => _fixture.Client.Programs.Remove(id, Fixture.Cancellation));
        Assert.Equal(ErrorCode.ProgramInUse, refused.Code);
        Assert.True(await _fixture.Client.Programs.Remove(id, Fixture.Cancellation));
        Assert.False(await _fixture.Client.Programs.Remove(id, Fixture.Cancellation));
    }

    [Fact]
    public async Task Deploy_OfANewProgram_StoresItsModuleFirst()
    {
        byte[] module = [0, 1, 2];
        byte[] salt = [7];
        var blob = IdDerivation.Blob(module);
        var id = IdDerivation.Program(blob, salt);
        Service
            .Refuses($"GET /v1/programs/{id}", ErrorCode.ProgramNotFound, HttpStatusCode.NotFound)
            .On("POST /v1/blobs", Samples.Blob(module))
            .On("POST /v1/programs", Samples.Deployed(id, blob));

        await _fixture.Client.Programs.Deploy(new MemoryStream(module), "mine", salt, cancellation: Fixture.Cancellation);

        Assert.Equal(module, Service.Received[1].Body);
        Assert.Equal($$"""{"module":"{{blob}}","name":"mine","salt":"Bw=="}""", Service.Received[2].Text);
    }

    [Fact]
    public async Task Quote_RoundsUp_AndIsAbsentWithoutAWorker()
    {
        Service.On("GET /v1/market", Samples.Market()).On("GET /v1/market", Samples.Market(workers: 0));

        Assert.Equal(new TokenAmount(2), await _fixture.Client.Market.Quote(1_000_001, Fixture.Cancellation));
        Assert.Null(await _fixture.Client.Market.Quote(1_000_001, Fixture.Cancellation));
    }

    private static JobListItem Item(byte number) =>
        new(
            Id: new JobId(Samples.Digits(number)),
            RequestId: "r",
            Program: Samples.Program,
            State: JobState.TimedOut,
            Code: null,
            SubmittedAt: Samples.Then,
            EndedAt: null,
            FuelUsed: 0,
            Charge: TokenAmount.Zero
        );

    private sealed class States : IProgress<Job>
    {
        public List<JobState> All { get; } = [];

        public void Report(Job value) => All.Add(value.State);
    }
}
