using System.Net;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Many jobs in one request.</summary>
public sealed class BatchTests
{
    [Fact]
    public async Task Batch_GivesOneResultPerItemInOrder()
    {
        await using var gateway = await GatewayFixture.Start();
        var stranger = gateway.Request("stranger") with { Program = new ProgramId(default) };
        var batch = new JobBatchRequest([gateway.Request("a"), stranger, gateway.Request("b"), gateway.Request("a")]);

        using var response = await gateway.Client.Post(Routes.JobsBatch, batch, ApiJson.Default.JobBatchRequest);

        var results = (await response.Read(ApiJson.Default.JobBatchResponse)).Results;
        Assert.Equal([null, ErrorCode.ProgramNotFound, null, null], results.Select(result => result.Code));
        Assert.Equal([false, false, false, true], results.Select(result => result.Existed));
        Assert.Equal(results[0].Id, results[3].Id);
        Assert.Equal(2, gateway.Market.Jobs.Count);
    }

    [Fact]
    public async Task LargestBatch_IsTaken()
    {
        await using var gateway = await GatewayFixture.Start();
        var input = new byte[MarketLimits.InlineBytesMax];
        var jobs = Enumerable
            .Range(0, MarketLimits.BatchJobsMax)
            .Select(number => gateway.Request($"{number}", null) with { Input = input });

        using var response = await gateway.Client.Post(Routes.JobsBatch, new JobBatchRequest([.. jobs]), ApiJson.Default.JobBatchRequest);

        Assert.All((await response.Read(ApiJson.Default.JobBatchResponse)).Results, result => Assert.Null(result.Code));
        Assert.Equal(MarketLimits.BatchJobsMax, gateway.Market.Jobs.Count);
    }

    [Theory]
    [InlineData(0), InlineData(MarketLimits.BatchJobsMax + 1)]
    public async Task BatchOutsideItsBounds_IsRefusedWhole(int count)
    {
        await using var gateway = await GatewayFixture.Start();
        var batch = new JobBatchRequest([.. Enumerable.Range(0, count).Select(number => gateway.Request($"{number}"))]);

        await gateway
            .Client.Post(Routes.JobsBatch, batch, ApiJson.Default.JobBatchRequest)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);

        Assert.Empty(gateway.Market.Jobs);
    }

    [Fact]
    public async Task GetMany_KeepsTheOrderAndNamesWhatItDidNotFind()
    {
        await using var gateway = await GatewayFixture.Start();
        var first = await gateway.Submit("first");
        var second = await gateway.Submit("second");
        using var other = gateway.ClientOf(gateway.OtherKey);
        var foreign = (
            await (await other.Post(Routes.Jobs, gateway.Request("foreign"), ApiJson.Default.JobRequest)).Read(ApiJson.Default.Job)
        ).Id;
        var request = new JobsGetRequest([second, foreign, first, new JobId(default)]);

        using var response = await gateway.Client.Post(Routes.JobsGet, request, ApiJson.Default.JobsGetRequest);

        var found = await response.Read(ApiJson.Default.JobsGetResponse);
        Assert.Equal([second, first], found.Jobs.Select(job => job.Id));
        Assert.Equal([foreign, new JobId(default)], found.NotFound);
    }

    [Fact]
    public async Task GetMany_TakesAThousandIdsAndNotOneMore()
    {
        await using var gateway = await GatewayFixture.Start();
        JobId[] ids =
        [
            .. Enumerable
                .Range(0, 1001)
                .Select(number => new JobId(new Bytes32([.. BitConverter.GetBytes((long)number), .. new byte[24]]))),
        ];

        using var most = await gateway.Client.Post(Routes.JobsGet, new JobsGetRequest(ids[..1000]), ApiJson.Default.JobsGetRequest);

        Assert.Equal(ids[..1000], (await most.Read(ApiJson.Default.JobsGetResponse)).NotFound);
        await gateway
            .Client.Post(Routes.JobsGet, new JobsGetRequest(ids), ApiJson.Default.JobsGetRequest)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);
        await gateway
            .Client.Post(Routes.JobsGet, new JobsGetRequest([]), ApiJson.Default.JobsGetRequest)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);
    }
}
