using System.Net;
using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Tests.Silo;

/// <summary>What every client of a market keeps, whichever way its calls go.</summary>
public abstract class ClientContract(MarketHere market)
{
    /// <summary>A label that no worker has: a job that needs it waits.</summary>
    private static readonly JobNeeds Nowhere = new() { Labels = ["nowhere"] };

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected MarketHere Market => market;

    /// <summary>A client with a key; null: without one.</summary>
    protected abstract MarketplaceClient ClientOf(string? key);

    private MarketplaceClient Make() => ClientOf(market.Key);

    private static Task<DeployedProgram> Echo(MarketplaceClient client) =>
        client.Programs.Deploy(CommandLine.Program("echo"), cancellation: Cancellation);

    private static JobRequest RequestOf(DeployedProgram program, string text) =>
        new()
        {
            RequestId = Guid.NewGuid().ToString("n"),
            Program = program.Id,
            InputText = text,
            PriceMax = new TokenAmount(1000),
        };

    [Fact]
    public async Task SubmittedJob_IsAnsweredWhenItHasEnded_WithItsOutput()
    {
        await using var client = Make();
        var job = await client.Jobs.Submit(RequestOf(await Echo(client), "hello"), TimeSpan.FromSeconds(20), Cancellation);

        Assert.Equal((JobState.Completed, "HELLO"), (job.State, await client.Jobs.OutputText(job, Cancellation)));
    }

    [Fact]
    public async Task JobThatIsWaitedFor_IsChargedOnce_HoweverOftenItIsSubmitted()
    {
        await using var client = Make();
        var request = RequestOf(await Echo(client), "once");
        var first = await client.Jobs.Submit(request, cancellation: Cancellation);
        var ended = await client.Jobs.Wait(first.Id, cancellation: Cancellation);

        var again = await client.Jobs.Submit(request, cancellation: Cancellation);

        Assert.Equal((first.Id, JobState.Completed, ended.Charge), (again.Id, again.State, again.Charge));
    }

    [Fact]
    public async Task OtherJobUnderTheSameRequestId_IsRefused()
    {
        await using var client = Make();
        var request = RequestOf(await Echo(client), "one");
        await client.Jobs.Submit(request, cancellation: Cancellation);

        var refused = await Refused(() => client.Jobs.Submit(request with { InputText = "another" }, cancellation: Cancellation));

        Assert.Equal((ErrorCode.RequestIdReused, HttpStatusCode.Conflict), (refused.Code, refused.Status));
    }

    [Fact]
    public async Task Batch_HasOneResultPerItem_AndRefusesOnlyTheBadOne()
    {
        await using var client = Make();
        var echo = await Echo(client);
        var good = Enumerable.Range(0, 50).Select(number => RequestOf(echo, $"item {number}")).ToArray();

        var results = await client.Jobs.SubmitBatch([.. good, good[0] with { RequestId = "", InputText = "x" }], Cancellation);
        var ended = await Task.WhenAll(results.Take(50).Select(item => client.Jobs.Wait(item.Id, cancellation: Cancellation)));

        Assert.All(ended, job => Assert.Equal(JobState.Completed, job.State));
        Assert.Equal("ITEM 42", await client.Jobs.OutputText(ended[42], Cancellation));
        Assert.NotNull(results[50].Code);
        var many = await client.Jobs.GetMany([.. ended.Select(job => job.Id)], Cancellation);
        Assert.Equal(50, many.Jobs.Count);
    }

    [Fact]
    public async Task Blob_GoesThereAndBack_WithAndWithoutItsLengthTold()
    {
        await using var client = Make();
        var content = new byte[3_000_001];
        new Random(7).NextBytes(content);

        var seekable = await client.Blobs.Put(new MemoryStream(content), cancellation: Cancellation);
        var forwards = await client.Blobs.Put(new ForwardStream(content), cancellation: Cancellation);
        await using var back = await client.Blobs.Open(seekable.Id, Cancellation);
        var copy = new MemoryStream();
        await back.CopyToAsync(copy, Cancellation);

        Assert.Equal((IdDerivation.Blob(content), content.LongLength), (seekable.Id, seekable.Size));
        Assert.Equal(seekable.Id, forwards.Id);
        Assert.True(content.AsSpan().SequenceEqual(copy.ToArray()));
        await client.Blobs.Delete(seekable.Id, Cancellation);
        Assert.Equal(ErrorCode.BlobNotFound, (await Refused(() => client.Blobs.Info(seekable.Id, Cancellation))).Code);
    }

    [Fact]
    public async Task BlobThatIsLeftInTheMiddle_LeavesNothingBehind()
    {
        await using var client = Make();
        var blob = await client.Blobs.Put(new byte[4_000_000], Cancellation);
        for (var turn = 0; turn < 20; turn++)
        {
            // An account has fewer places for downloads at a time, so each has to be given back.
            await using var back = await client.Blobs.Open(blob.Id, Cancellation);
            await back.ReadExactlyAsync(new byte[1000], Cancellation);
        }

        await using var whole = await client.Blobs.Open(blob.Id, Cancellation);
        await whole.CopyToAsync(Stream.Null, Cancellation);
    }

    [Fact]
    public async Task SourceThatCannotBeRead_FailsWithItsOwnFault()
    {
        await using var client = Make();

        var fault = await Assert.ThrowsAnyAsync<Exception>(() => client.Blobs.Put(new BrokenStream(), cancellation: Cancellation));

        Assert.Contains(BrokenStream.Words, fault.ToString(), StringComparison.Ordinal);
        Assert.Equal(JobState.Completed, (await client.Jobs.Run(RequestOf(await Echo(client), "x"), cancellation: Cancellation)).State);
    }

    [Fact]
    public async Task UploadWhoseSourceStandsStill_EndsWhenTheCallerGivesUp()
    {
        await using var client = Make();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var source = new StillStream();
        var upload = client.Blobs.Put(source, cancellation: stop.Token);
        await source.IsRead.WaitAsync(Cancellation);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload);
    }

    [Fact]
    public async Task Program_IsFoundAndListed_AfterItWasDeployed()
    {
        await using var client = Make();
        var echo = await Echo(client);

        Assert.Equal(echo.Id, (await client.Programs.Get(echo.Id, Cancellation)).Id);
        Assert.Contains((await client.Programs.ListPage(cancellation: Cancellation)).Items, item => item.Id == echo.Id);
        var unknown = new ProgramId(new Bytes32([.. Enumerable.Repeat((byte)9, 32)]));
        Assert.Null(await client.Programs.Find(unknown, Cancellation));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("mk0123456789abcdef_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("no-key")]
    public async Task CallerWithoutAGoodKey_IsRefused(string? key)
    {
        await using var client = ClientOf(key);

        var refused = await Refused(() => client.Account.Get(Cancellation));

        Assert.Equal((ErrorCode.Unauthenticated, HttpStatusCode.Unauthorized), (refused.Code, refused.Status));
    }

    [Fact]
    public async Task KeyThatMayOnlyRead_SubmitsNothing_AndRevokedReadsNothing()
    {
        await using var client = Make();
        var echo = await Echo(client);
        var made = await client.Keys.Create(new KeyRequest("reader", [Scope.Read]), Cancellation);
        await using var reader = ClientOf(made.Key);

        var refused = await Refused(() => reader.Jobs.Submit(RequestOf(echo, "x"), cancellation: Cancellation));
        Assert.Equal((ErrorCode.Forbidden, HttpStatusCode.Forbidden), (refused.Code, refused.Status));
        await reader.Account.Get(Cancellation);

        await client.Keys.Revoke(made.Details.Id, Cancellation);
        Assert.Equal(ErrorCode.Unauthenticated, (await Refused(() => reader.Account.Get(Cancellation))).Code);
    }

    [Fact]
    public async Task WhatIsBeyondALimit_IsRefusedInTheGatewaysWords()
    {
        await using var client = Make();
        var request = RequestOf(await Echo(client), "x");

        var name = await Refused(() => client.Jobs.Submit(request with { RequestId = new string('r', 500) }, cancellation: Cancellation));
        var body = await Refused(() =>
            client.Jobs.Submit(request with { InputText = null, Input = new byte[16 << 20] }, cancellation: Cancellation)
        );

        Assert.Contains("requestId", name.Detail, StringComparison.OrdinalIgnoreCase);
        Assert.Equal((ErrorCode.BodyTooLarge, HttpStatusCode.RequestEntityTooLarge), (body.Code, body.Status));
    }

    [Fact]
    public async Task WaitingJob_IsCancelled_OnceAndForAll()
    {
        await using var client = Make();
        var job = await client.Jobs.Submit(RequestOf(await Echo(client), "x") with { Needs = Nowhere }, cancellation: Cancellation);

        var cancelled = await client.Jobs.Cancel(job.Id, Cancellation);

        Assert.Equal((JobState.Cancelled, TokenAmount.Zero), (cancelled.State, cancelled.Charge));
        Assert.Equal(JobState.Cancelled, (await client.Jobs.Cancel(job.Id, Cancellation)).State);
    }

    [Fact]
    public async Task CallerThatGivesUp_IsFreeAtOnce_AndItsWaitIsOver()
    {
        await using var client = Make();
        var job = await client.Jobs.Submit(RequestOf(await Echo(client), "x") with { Needs = Nowhere }, cancellation: Cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var waiting = client.Jobs.Wait(job.Id, cancellation: stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await client.Jobs.Cancel(job.Id, Cancellation);
    }

    [Fact]
    public async Task EndedJob_HasAReceiptThatHolds_AndOneThatWaitsHasNone()
    {
        await using var client = Make();
        var echo = await Echo(client);
        var job = await client.Jobs.Run(RequestOf(echo, "receipt"), cancellation: Cancellation);
        var waits = await client.Jobs.Submit(RequestOf(echo, "x") with { Needs = Nowhere }, cancellation: Cancellation);

        var receipt = await client.Jobs.Receipt(job.Id, Cancellation);

        Assert.Equal(job.Id, receipt.Receipt.Execution.Invocation.Job);
        Assert.Equal(ErrorCode.ReceiptNotFound, (await Refused(() => client.Jobs.Receipt(waits.Id, Cancellation))).Code);
        await client.Jobs.Cancel(waits.Id, Cancellation);
    }

    [Fact]
    public async Task Events_TellThatAJobHasEnded_AndEndWhenTheCallerLeaves()
    {
        await using var client = Make();
        var echo = await Echo(client);
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var events = client.Events.Jobs(() => opened.TrySetResult(), stop.Token).GetAsyncEnumerator(stop.Token);
        var next = events.MoveNextAsync().AsTask();
        await opened.Task.WaitAsync(Cancellation);

        var job = await client.Jobs.Submit(RequestOf(echo, "event"), cancellation: Cancellation);
        while (await next && events.Current.Id != job.Id)
        {
            next = events.MoveNextAsync().AsTask();
        }

        Assert.Equal((job.Id, JobState.Completed), (events.Current.Id, events.Current.State));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await events.MoveNextAsync());
    }

    [Fact]
    public async Task DisposedClient_EndsItsRequests()
    {
        await using var client = Make();
        var job = await client.Jobs.Submit(RequestOf(await Echo(client), "x") with { Needs = Nowhere }, cancellation: Cancellation);
        var leaving = Make();
        var waiting = leaving.Jobs.Wait(job.Id, cancellation: Cancellation);

        leaving.Dispose();

        await Assert.ThrowsAnyAsync<Exception>(() => waiting);
        await client.Jobs.Cancel(job.Id, Cancellation);
    }

    private static Task<MarketplaceException> Refused(Func<Task> call) => Assert.ThrowsAsync<MarketplaceException>(call);

    /// <summary>Cannot be read from its start again, and does not tell its length.</summary>
    private sealed class ForwardStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }

    /// <summary>Its bytes never come.</summary>
    private sealed class StillStream() : MemoryStream([1])
    {
        private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsRead => _read.Task;

        public override bool CanSeek => false;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _read.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }

    private sealed class BrokenStream() : MemoryStream(Encoding.ASCII.GetBytes("some bytes"))
    {
        public const string Words = "The disk is gone.";

        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException(Words);
    }
}
