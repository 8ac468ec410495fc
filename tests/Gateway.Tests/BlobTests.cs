using System.Net;
using System.Net.Http.Headers;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Bytes up and down.</summary>
public sealed class BlobTests
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 200_000).Select(number => (byte)(number * 31))];

    [Fact]
    public async Task Upload_IsNamedByItsHash_AndAnsweredAlikeWhetherItExisted()
    {
        await using var gateway = await GatewayFixture.Start();
        using var other = gateway.ClientOf(gateway.OtherKey);
        var id = new BlobId(Blake3.Hash(Content));

        using var first = await gateway.Client.Send(HttpMethod.Post, Routes.Blobs, Content);
        using var second = await other.Send(HttpMethod.Post, Routes.Blobs, Content);
        using var third = await other.Send(HttpMethod.Put, Routes.Blob(id), Content);

        Assert.Equal(
            (HttpStatusCode.Created, HttpStatusCode.Created, HttpStatusCode.OK),
            (first.StatusCode, second.StatusCode, third.StatusCode)
        );
        Assert.Equal(new Blob(id, Content.Length, gateway.Time.GetUtcNow()), await first.Read(ApiJson.Default.Blob));
        Assert.Equal(await first.Read(ApiJson.Default.Blob), await second.Read(ApiJson.Default.Blob));
        Assert.Equal(Routes.Blob(id), first.Headers.Location?.ToString());
    }

    [Fact]
    public async Task WrongContentForItsId_IsRefused_AndNothingIsKept()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = new BlobId(Blake3.Hash("other"u8));

        await gateway
            .Client.Send(HttpMethod.Put, Routes.Blob(id), Content)
            .Refused(HttpStatusCode.UnprocessableEntity, ErrorCode.BlobMismatch);
        await gateway
            .Client.Send(HttpMethod.Post, $"{Routes.Blobs}?expect={id}", Content)
            .Refused(HttpStatusCode.UnprocessableEntity, ErrorCode.BlobMismatch);
        await gateway
            .Client.Send(HttpMethod.Post, $"{Routes.Blobs}?expect=x", Content)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        Assert.Empty(gateway.Market.Pins);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task BlobOverTheLimit_IsRefused_AndOneAtTheLimitIsKept(bool withLength)
    {
        await using var gateway = await GatewayFixture.Start(options => options.BlobBytesMax = 100_000);

        using var most = await Upload(gateway, Content[..100_000], withLength);
        await Upload(gateway, Content[..100_001], withLength).Refused(HttpStatusCode.RequestEntityTooLarge, ErrorCode.BodyTooLarge);

        Assert.Equal(HttpStatusCode.Created, most.StatusCode);
        Assert.Single(gateway.Market.Pins);
    }

    [Fact]
    public async Task EmptyBlob_IsABlob()
    {
        await using var gateway = await GatewayFixture.Start();

        using var stored = await gateway.Client.Send(HttpMethod.Post, Routes.Blobs, []);
        var id = (await stored.Read(ApiJson.Default.Blob)).Id;
        using var response = await gateway.Client.Get(Routes.Blob(id));

        Assert.Equal((HttpStatusCode.OK, 0L), (response.StatusCode, response.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task Download_GivesTheBytesAsAnAttachment()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await Store(gateway);

        using var response = await gateway.Client.Get(Routes.Blob(id));

        Assert.Equal(Content, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Content.Length, response.Content.Headers.ContentLength);
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("attachment", response.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Equal($"\"{id}\"", response.Headers.ETag?.Tag);
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 1), InlineData("bytes=1-", 1, 199_999), InlineData("bytes=-5", 199_995, 5)]
    [InlineData("bytes=70000-140000", 70_000, 70_001)]
    [InlineData("bytes=199999-999999", 199_999, 1), InlineData("bytes=-999999", 0, 200_000)]
    public async Task Range_GivesThatPart(string range, int offset, int length)
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await Store(gateway);

        using var response = await Ranged(gateway, id, range);

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal(
            Content[offset..(offset + length)],
            await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)
        );
        Assert.Equal(new ContentRangeHeaderValue(offset, offset + length - 1, Content.Length), response.Content.Headers.ContentRange);
    }

    [Theory]
    [InlineData("bytes=200000-"), InlineData("bytes=-0"), InlineData("bytes=9223372036854775807-")]
    public async Task RangeOutside_IsRefusedWithTheSize(string range)
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await Store(gateway);

        using var response = await Ranged(gateway, id, range);

        Assert.Equal("bytes */200000", response.Content.Headers.ContentRange?.ToString());
        await Task.FromResult(response).Refused(HttpStatusCode.RequestedRangeNotSatisfiable, ErrorCode.RangeNotSatisfiable);
    }

    [Theory]
    [InlineData("bytes=0-1,5-6"), InlineData("lines=1-2"), InlineData("bytes=x"), InlineData("bytes=5-1")]
    public async Task RangeThatIsNotOne_GivesTheWhole(string range)
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await Store(gateway);

        using var response = await Ranged(gateway, id, range);

        Assert.Equal((HttpStatusCode.OK, (long?)Content.Length), (response.StatusCode, response.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task KnownTag_IsAnsweredWithoutTheBytes_AndHeadWithTheSize()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await Store(gateway);
        var request = new HttpRequestMessage(HttpMethod.Get, Routes.Blob(id));
        request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{id}\""));

        using var known = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        using var head = await gateway.Client.Send(HttpMethod.Head, Routes.Blob(id));

        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Equal((HttpStatusCode.OK, (long?)Content.Length), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task UnknownBlob_IsNotFound()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = new BlobId(default);

        await gateway.Client.Get(Routes.Blob(id)).Refused(HttpStatusCode.NotFound, ErrorCode.BlobNotFound);
        await gateway.Client.Get(Routes.BlobInfo(id)).Refused(HttpStatusCode.NotFound, ErrorCode.BlobNotFound);
        await gateway.Client.Send(HttpMethod.Delete, Routes.Blob(id)).Refused(HttpStatusCode.NotFound, ErrorCode.BlobNotFound);
        await gateway.Client.Get($"{Routes.Blobs}/x").Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task Remove_TakesOnesOwnPinOnly()
    {
        await using var gateway = await GatewayFixture.Start();
        using var other = gateway.ClientOf(gateway.OtherKey);
        var id = await Store(gateway);
        (await other.Send(HttpMethod.Post, Routes.Blobs, Content)).EnsureSuccessStatusCode();

        using var removed = await gateway.Client.Send(HttpMethod.Delete, Routes.Blob(id));

        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await gateway.Client.Get(Routes.Blob(id)).Refused(HttpStatusCode.NotFound, ErrorCode.BlobNotFound);
        (await other.Get(Routes.Blob(id))).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task DamageAtTheStart_IsAProblem()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await Store(gateway);
        gateway.Market.Blobs.DamagedFrom[id] = 0;

        var detail = await gateway.Client.Get(Routes.Blob(id)).Refused(HttpStatusCode.InternalServerError, ErrorCode.BlobDamaged);

        Assert.Contains("market store check", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DamageInTheMiddle_BreaksTheConnection_NeverEndsItCleanly()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await Store(gateway);
        gateway.Market.Blobs.DamagedFrom[id] = 150_000;

        using var response = await gateway.Client.GetAsync(
            Routes.Blob(id),
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );

        await Assert.ThrowsAnyAsync<HttpRequestException>(() =>
            response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)
        );
        Assert.Contains(gateway.LogLines, line => line.Contains("in the middle of its answer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Program_IsDeployedFromABlob_OnceForTheSameSalt()
    {
        await using var gateway = await GatewayFixture.Start();
        var module = await Store(gateway);

        using var first = await gateway.Client.Post(Routes.Programs, new ProgramRequest(module, "echo"), ApiJson.Default.ProgramRequest);
        using var second = await gateway.Client.Post(Routes.Programs, new ProgramRequest(module, "again"), ApiJson.Default.ProgramRequest);
        using var salted = await gateway.Client.Post(
            Routes.Programs,
            new ProgramRequest(module, Salt: new byte[64]),
            ApiJson.Default.ProgramRequest
        );

        var program = await first.Read(ApiJson.Default.DeployedProgram);
        Assert.Equal((IdDerivation.Program(module, []), "echo", "wasi"), (program.Id, program.Name, program.Abi));
        Assert.Equal(program.Id, (await second.Read(ApiJson.Default.DeployedProgram)).Id);
        Assert.NotEqual(program.Id, (await salted.Read(ApiJson.Default.DeployedProgram)).Id);
        Assert.Equal(program.Id, (await (await gateway.Client.Get(Routes.Program(program.Id))).Read(ApiJson.Default.DeployedProgram)).Id);
    }

    [Fact]
    public async Task Program_IsRemovedByItsDeployer_OnceNoJobOfItIsOpen()
    {
        await using var gateway = await GatewayFixture.Start();
        var module = await Store(gateway);
        using var deployed = await gateway.Client.Post(Routes.Programs, new ProgramRequest(module, "echo"), ApiJson.Default.ProgramRequest);
        var program = (await deployed.Read(ApiJson.Default.DeployedProgram)).Id;
        var request = new JobRequest
        {
            RequestId = "open",
            Program = program,
            PriceMax = new TokenAmount(100),
            InputText = "x",
        };
        using var submitted = await gateway.Client.Post(Routes.Jobs, request, ApiJson.Default.JobRequest);
        var job = (await submitted.Read(ApiJson.Default.Job)).Id;
        using var other = gateway.ClientOf(gateway.OtherKey);

        await other.Send(HttpMethod.Delete, Routes.Program(program)).Refused(HttpStatusCode.NotFound, ErrorCode.ProgramNotFound);
        await gateway.Client.Send(HttpMethod.Delete, Routes.Program(program)).Refused(HttpStatusCode.Conflict, ErrorCode.ProgramInUse);
        gateway.Market.End(job, JobStatus.Completed);
        using var removed = await gateway.Client.Send(HttpMethod.Delete, Routes.Program(program));
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await gateway.Client.Send(HttpMethod.Delete, Routes.Program(program)).Refused(HttpStatusCode.NotFound, ErrorCode.ProgramNotFound);
        await gateway.Client.Get(Routes.Program(program)).Refused(HttpStatusCode.NotFound, ErrorCode.ProgramNotFound);
    }

    [Fact]
    public async Task BadProgram_IsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        var module = await Store(gateway);
        var programs = gateway.Market.Programs.Count;

        await gateway
            .Client.Post(Routes.Programs, new ProgramRequest(new BlobId(default)), ApiJson.Default.ProgramRequest)
            .Refused(HttpStatusCode.NotFound, ErrorCode.BlobNotFound);
        await gateway
            .Client.Post(Routes.Programs, new ProgramRequest(module, Salt: new byte[65]), ApiJson.Default.ProgramRequest)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);
        await gateway
            .Client.Post(Routes.Programs, new ProgramRequest(module, new string('x', 129)), ApiJson.Default.ProgramRequest)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);
        gateway.Market.Fault = () => new MarketException(ErrorCode.InvalidModule, "unknown opcode 0xff at byte 17");
        var detail = await gateway
            .Client.Post(Routes.Programs, new ProgramRequest(module), ApiJson.Default.ProgramRequest)
            .Refused(HttpStatusCode.UnprocessableEntity, ErrorCode.InvalidModule);
        await gateway
            .Client.Get($"{Routes.Programs}/prog{new string('0', 64)}")
            .Refused(HttpStatusCode.NotFound, ErrorCode.ProgramNotFound);

        Assert.Equal("unknown opcode 0xff at byte 17", detail);
        Assert.Equal(programs, gateway.Market.Programs.Count);
    }

    private static async Task<BlobId> Store(GatewayFixture gateway)
    {
        using var response = await gateway.Client.Send(HttpMethod.Post, Routes.Blobs, Content);
        return (await response.Read(ApiJson.Default.Blob)).Id;
    }

    private static Task<HttpResponseMessage> Ranged(GatewayFixture gateway, BlobId id, string range)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Routes.Blob(id));
        Assert.True(request.Headers.TryAddWithoutValidation("Range", range));
        return gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static Task<HttpResponseMessage> Upload(GatewayFixture gateway, byte[] bytes, bool withLength)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Routes.Blobs) { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new("application/octet-stream");
        request.Headers.TransferEncodingChunked = !withLength;
        return gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
