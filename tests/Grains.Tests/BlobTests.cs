using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>Who keeps a blob, and that nothing that somebody keeps is collected.</summary>
public sealed class BlobTests
{
    [Fact]
    public void Pin_IsOnePerAccountAndCountsAgainstTheQuota() =>
        TestMarket.Run(async market =>
        {
            var client = await market.OpenAccount("client");
            var other = await market.OpenAccount("other");
            var blob = await market.Upload(client, "bytes");
            await market.Upload(client, "bytes");
            var grain = market.Grains.GetGrain<IBlobGrain>(blob.ToString());

            Assert.Equal(5, (await grain.Find(client.Account))!.Size);
            Assert.Null(await grain.Find(other.Account));
            Assert.Equal(
                ErrorCode.BlobNotFound,
                (await Assert.ThrowsAsync<MarketException>(() => grain.Unpin(other.Account, null, Authority.Silo))).Code
            );
            Assert.Equal(5, DiskInvariants.Kept(market.Disk, client.Account).Bytes);
            Assert.True(await grain.IsPinned(Authority.Silo));
            await grain.Unpin(client.Account, null, Authority.Silo);
            Assert.False(await grain.IsPinned(Authority.Silo));
            Assert.Equal(0, DiskInvariants.Kept(market.Disk, client.Account).Bytes);
            Assert.DoesNotContain(market.Disk.Documents.Keys, key => key.Kind == BlobPin.Kind);
        });

    [Fact]
    public void BlobThatIsBeingCollected_TakesNoPin() =>
        TestMarket.Run(async market =>
        {
            var client = await market.OpenAccount("client");
            var blob = market.Blobs.Put([1, 2, 3]);
            var grain = market.Grains.GetGrain<IBlobGrain>(blob.ToString());
            Assert.False(await grain.IsPinned(Authority.Silo));

            Assert.Equal(
                ErrorCode.Unavailable,
                (await Assert.ThrowsAsync<MarketException>(() => grain.Pin(client.Account, 3, null, Authority.Market))).Code
            );
            await Task.Delay(MarketLimits.BlobCollectMax, market.Time);
            market.Disk.Blobs.Remove(blob);
            Assert.Equal(
                ErrorCode.BlobNotFound,
                (await Assert.ThrowsAsync<MarketException>(() => grain.Pin(client.Account, 3, null, Authority.Market))).Code
            );
            market.Blobs.Put([1, 2, 3]);
            await grain.Pin(client.Account, 3, null, Authority.Market);
            Assert.True(await grain.IsPinned(Authority.Silo));
        });

    [Fact]
    public void PinnedBlobs_AreThoseThatSomebodyKeeps() =>
        TestMarket.Run(async market =>
        {
            var client = await market.OpenAccount("client");
            var kept = await market.Upload(client, "kept");
            var dropped = await market.Upload(client, "dropped");
            await market.Grains.GetGrain<IBlobGrain>(dropped.ToString()).Unpin(client.Account, null, Authority.Silo);
            Assert.False(await market.Grains.GetGrain<IBlobGrain>(dropped.ToString()).IsPinned(Authority.Silo));

            Assert.Equal([kept], await PinnedBlobs.Of(market.Store).ToArrayAsync());
        });

    [Fact]
    public void QuotaThatIsUsedUp_RefusesTheNextBlob() =>
        TestMarket.Run(async market =>
        {
            var client = await market.OpenAccount("client");
            var quota = market.Quota("client");
            await quota.CountBlob(new BlobId(new Bytes32(new byte[32])), StorageQuotaPolicy.BlobBytesMax - 1, Authority.Blob);
            var refused = await Assert.ThrowsAsync<MarketException>(() => market.Upload(client, "ab"));
            Assert.Equal(ErrorCode.QuotaExceeded, refused.Code);
            await market.Upload(client, "a");
        });

    [Fact]
    public void LargeOutput_BelongsToTheJobsAccount() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var output = market.Blobs.Put(new byte[100_000]);

            await worker.Report(await worker.CompletedWith(await worker.TakeOne(), output, 100_000));
            await market.Settle();

            Assert.Equal(output, (await market.Job(job).Get(caller)).Output.Blob);
            Assert.NotNull(await market.Grains.GetGrain<IBlobGrain>(output.ToString()).Find(caller.Account));
        });

    [Fact]
    public void FilesOfAJob_AreTheAccountsOnBothSides() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var input = await market.Upload(caller, "of the client");
            var output = market.Blobs.Put("of the job"u8.ToArray());
            var spec = TestMarket.Spec(program) with { Files = [new InputFile("a/b", input)] };
            var job = (await market.Submit(caller, new SubmitItem("one", spec)))[0].Job;

            var lease = await worker.TakeOne();
            Assert.Equal(new InputFile("a/b", input), Assert.Single(lease.Ticket.Spec.Files));
            var report = worker.Completed(lease);
            await worker.Grain.AddOutput(worker.Call(lease), output);
            await worker.Report(report with { Output = report.Output with { Files = [new OutputFile("c", output, 10)] } });
            await market.Settle();

            Assert.Equal(new OutputFile("c", output, 10), Assert.Single((await market.Job(job).Get(caller)).Output.Files));
            Assert.NotNull(await market.Grains.GetGrain<IBlobGrain>(output.ToString()).Find(caller.Account));
        });

    [Fact]
    public void FilesThatNoJobMayHave_AreRefused() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var blob = await market.Upload(caller, "x");
            var unknown = new BlobId(new Bytes32([.. Enumerable.Repeat((byte)1, 32)]));
            var large = await market.Upload(caller, new string('x', JobLimits.InputBytesMax));
            var tooLarge = await market.Upload(caller, new string('x', JobLimits.InputBytesMax + 1));
            var spec = TestMarket.Spec(program);
            (JobSpec Spec, ErrorCode Code)[] refused =
            [
                (spec with { Files = [new InputFile("../a", blob)] }, ErrorCode.MalformedRequest),
                (spec with { Files = [new InputFile("a", blob), new InputFile("a", blob)] }, ErrorCode.MalformedRequest),
                (spec with { Files = [new InputFile("a", blob), new InputFile("a/b", blob)] }, ErrorCode.MalformedRequest),
                (
                    spec with
                    {
                        Files = [.. Enumerable.Range(0, MarketLimits.JobFilesMax + 1).Select(i => new InputFile($"{i}", blob))],
                    },
                    ErrorCode.LimitExceeded
                ),
                (spec with { Files = [new InputFile("a", blob), new InputFile("b", unknown)] }, ErrorCode.BlobNotFound),
                (spec with { Files = [new InputFile("a", large), new InputFile("b", blob)] }, ErrorCode.LimitExceeded),
                (spec with { Input = default, InputBlob = tooLarge }, ErrorCode.LimitExceeded),
                (spec with { Environment = [new EnvironmentVariable("a=b", "")] }, ErrorCode.MalformedRequest),
                (
                    spec with
                    {
                        Environment = [new EnvironmentVariable("a", "1"), new EnvironmentVariable("a", "2")],
                    },
                    ErrorCode.MalformedRequest
                ),
                (
                    spec with
                    {
                        Environment = [new EnvironmentVariable("a", new string('x', MarketLimits.EnvironmentBytesMax))],
                    },
                    ErrorCode.LimitExceeded
                ),
            ];
            foreach (var (bad, code) in refused)
            {
                Assert.Equal(code, (await market.Submit(caller, new SubmitItem("one", bad)))[0].Code);
            }
            var most = spec with { Files = [.. Enumerable.Range(0, MarketLimits.JobFilesMax).Select(i => new InputFile($"{i}", blob))] };
            Assert.Null((await market.Submit(caller, new SubmitItem("one", most)))[0].Code);
        });

    [Theory]
    [InlineData("../c", 10), InlineData("c", -1), InlineData("c", 64 * 1024 * 1024 + 1)]
    public void ReportedFileThatNoneCanBe_IsTheWorkersFailure(string name, long size) =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var output = market.Blobs.Put("of the job"u8.ToArray());
            var job = (await market.Submit(caller, new SubmitItem("one", TestMarket.Spec(program) with { RetriesMax = 0 })))[0].Job;

            var report = worker.Completed(await worker.TakeOne());
            await worker.Report(report with { Output = report.Output with { Files = [new OutputFile(name, output, size)] } });
            var view = await market.Job(job).WaitEnded(caller, TimeSpan.FromSeconds(10), default);

            Assert.Equal((JobStatus.Failed, JobFault.Worker), (view.Status, view.Fault));
            await market.Settle();
        });

    [Fact]
    public void OutputThatWasNotUploaded_IsTheWorkersFailure() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var spec = TestMarket.Spec(program) with { RetriesMax = 0 };
            var job = (await market.Submit(caller, new SubmitItem("one", spec)))[0].Job;

            await worker.Report(await worker.CompletedWith(await worker.TakeOne(), new BlobId(new Bytes32(new byte[32])), 100_000));
            var view = await market.Job(job).WaitEnded(caller, TimeSpan.FromSeconds(10), default);

            Assert.Equal((JobStatus.Failed, JobFault.Worker), (view.Status, view.Fault));
            await market.Settle();
        });
}
