using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>
/// What a program keeps counts against those who deployed it, until they have removed it; a job finds its module all the same.
/// </summary>
public sealed class ProgramRemovalTests
{
    private const string Module = "command";

    [Fact]
    public void ModuleWhoseBlobIsRemoved_StillCountsAgainstItsDeployer() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, Module);
            Assert.Equal(Module.Length, BytesOf(market, caller));
            await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
            Assert.Equal(Module.Length, BytesOf(market, caller));
            await market.Upload(caller, Module);
            Assert.Equal(Module.Length, BytesOf(market, caller));

            await Program(market, program).Remove(caller);
            await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
            Assert.True(await Blob(market, Module).IsPinned(Authority.Silo));
            Assert.Equal(Module.Length, BytesOf(market, caller));
            await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
            Assert.Equal(0, BytesOf(market, caller));
        });

    [Fact]
    public void QuotaThatIsUsedUp_RefusesTheDeploymentOfAnotherModule() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            await market.Deploy(caller, Module);
            await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
            var room = StorageQuotaPolicy.BlobBytesMax - Module.Length;
            await market.Quota("client").CountBlob(new BlobId(new Bytes32(new byte[32])), room - 1, Authority.Blob);

            var refused = await Assert.ThrowsAsync<MarketException>(() => market.Upload(caller, "command two"));
            Assert.Equal(ErrorCode.QuotaExceeded, refused.Code);
            Assert.Contains("market program remove", refused.Message, StringComparison.Ordinal);
            // The bytes are there already: nothing more to count.
            await market.Upload(caller, Module);
        });

    [Fact]
    public void RemovedProgram_IsGoneAndItsModuleIsCollectedOnceNoSubmissionCanKnowIt() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, Module);
            await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);

            await Program(market, program).Remove(caller);

            Assert.Equal(ErrorCode.ProgramNotFound, (await Assert.ThrowsAsync<MarketException>(() => Program(market, program).Get())).Code);
            Assert.Equal(
                ErrorCode.ProgramNotFound,
                (await Assert.ThrowsAsync<MarketException>(() => Program(market, program).Remove(caller))).Code
            );
            Assert.DoesNotContain(market.Disk.Documents.Keys, key => key.Kind == ProgramCodec.Kind);
            Assert.True(await Blob(market, Module).IsPinned(Authority.Silo));
            Assert.Equal(Module.Length, BytesOf(market, caller));
            await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
            Assert.False(await Blob(market, Module).IsPinned(Authority.Silo));
            Assert.Equal(0, BytesOf(market, caller));
        });

    /// <summary>The release of a removal that another activation was slow with, after a stranger deployed the program again.</summary>
    [Fact]
    public void ReleaseThatComesAfterANewDeployment_TakesNothingFromIt() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var stranger = await market.OpenAccount("stranger");
            var program = await market.Deploy(caller, Module);
            await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
            await market.Upload(stranger, Module);
            await Program(market, program).Remove(caller);
            Assert.Equal(program, await market.Deploy(stranger, Module));
            await Blob(market, Module).Unpin(stranger.Account, null, Authority.Silo);

            await Blob(market, Module).ReleaseFor(program, caller.Account, Authority.Program);
            await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);

            Assert.True(await Blob(market, Module).IsPinned(Authority.Silo));
            await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
            Assert.True(await Blob(market, Module).IsPinned(Authority.Silo));
            Assert.Equal((0, Module.Length), (BytesOf(market, caller), BytesOf(market, stranger)));
            await Program(market, program).Remove(stranger);
            await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
            Assert.False(await Blob(market, Module).IsPinned(Authority.Silo));
            Assert.Equal(0, BytesOf(market, stranger));
        });

    [Fact]
    public void ProgramWithOpenJobs_IsRemovedOnlyWhenTheyHaveEnded() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, Module);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program), TestMarket.Item("two", program));

            var refused = await Assert.ThrowsAsync<MarketException>(() => Program(market, program).Remove(caller));
            Assert.Equal(ErrorCode.ProgramInUse, refused.Code);
            Assert.Contains("has 2 open jobs", refused.Message, StringComparison.Ordinal);
            Assert.Equal(Module.Length, BytesOf(market, caller));
            Assert.Equal(program, (await Program(market, program).Get()).Id);

            await worker.Report([.. (await worker.Poll()).Leases.Select(lease => worker.Completed(lease))]);
            await market.Settle();
            await Program(market, program).Remove(caller);
        });

    [Fact]
    public void JobThatIsSubmittedDuringTheRemoval_KeepsTheModuleUntilItHasEnded() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, Module);
            await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("before", program));
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Settle();
            await Program(market, program).Remove(caller);

            // The submission remembers the program for some seconds.
            Assert.Null((await market.Submit(caller, TestMarket.Item("during", program)))[0].Code);
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Settle();
            await Task.Delay(SubmissionPolicy.ProgramCachedFor, market.Time);
            Assert.Equal(ErrorCode.ProgramNotFound, (await market.Submit(caller, TestMarket.Item("after", program)))[0].Code);
            Assert.True(await Blob(market, Module).IsPinned(Authority.Silo));
            await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
            Assert.False(await Blob(market, Module).IsPinned(Authority.Silo));
        });

    [Fact]
    public void WaitingJobOfARemovedProgram_KeepsTheModuleOnItsLastDeployersAccount() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, Module);
            await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
            await market.Submit(caller, TestMarket.Item("before", program));
            var job = market.Disk.Documents.Keys.Single(key => key.Kind == JobStateCodec.Kind);
            await market.Job(JobId.Parse(job.Id)).Cancel(caller);
            await Program(market, program).Remove(caller);
            var spec = TestMarket.Spec(program) with { ExpiresAfter = TimeSpan.FromHours(1) };
            var waiting = (await market.Submit(caller, new SubmitItem("during", spec)))[0].Job;

            await Task.Delay(BlobPolicy.RemovedProgramAge + TimeSpan.FromMinutes(1), market.Time);
            Assert.True(await Blob(market, Module).IsPinned(Authority.Silo));
            Assert.Equal(Module.Length, BytesOf(market, caller));
            await market.Job(waiting).Cancel(caller);
            await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
            Assert.False(await Blob(market, Module).IsPinned(Authority.Silo));
            Assert.Equal(0, BytesOf(market, caller));
        });

    [Fact]
    public void RemovedProgram_IsGivenBackAlsoWhileOthersKeepItsBlob() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, Module);
            await market.Upload(await market.OpenAccount("other"), Module);
            await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
            await Program(market, program).Remove(caller);

            await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
            Assert.True(await Blob(market, Module).IsPinned(Authority.Silo));
            Assert.Equal(0, BytesOf(market, caller));
        });

    [Fact]
    public void RemovedProgramThatAnotherAccountDeploysAgain_CountsAgainstThatOneAlone() =>
        TestMarket.Run(async market =>
        {
            var first = await market.OpenAccount("first");
            var second = await market.OpenAccount("second");
            var program = await market.Deploy(first, Module);
            await Blob(market, Module).Unpin(first.Account, null, Authority.Silo);
            await Program(market, program).Remove(first);
            await market.Deploy(second, Module);
            await Blob(market, Module).Unpin(second.Account, null, Authority.Silo);
            Assert.Equal((0, Module.Length), (BytesOf(market, first), BytesOf(market, second)));

            await Program(market, program).Remove(second);
            await market.Deploy(second, Module);
            await Blob(market, Module).Unpin(second.Account, null, Authority.Silo);
            await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
            Assert.True(await Blob(market, Module).IsPinned(Authority.Silo));
            Assert.Equal(Module.Length, BytesOf(market, second));
        });

    [Fact]
    public void JobOfAStranger_HindersNoRemovalAndStillFindsItsModule() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var stranger = await market.OpenAccount("stranger");
            var program = await market.Deploy(caller, Module);
            await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
            await market.Submit(stranger, new SubmitItem("one", TestMarket.Spec(program) with { ExpiresAfter = TimeSpan.FromHours(1) }));

            await Program(market, program).Remove(caller);

            await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
            Assert.True(await Blob(market, Module).IsPinned(Authority.Silo));
            var worker = await market.AddWorker("worker");
            await worker.Report(worker.Completed(await worker.TakeOne()));
            await market.Settle();
            await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
            Assert.False(await Blob(market, Module).IsPinned(Authority.Silo));
            Assert.Equal(0, BytesOf(market, caller));
        });

    [Fact]
    public void ProgramOfTwoDeployers_StaysUntilBothHaveRemovedIt() =>
        TestMarket.Run(async market =>
        {
            var first = await market.OpenAccount("first");
            var second = await market.OpenAccount("second");
            var stranger = await market.OpenAccount("stranger");
            var program = await market.Deploy(first, Module);
            Assert.Equal(program, await market.Deploy(second, Module));
            Assert.Equal((Module.Length, Module.Length), (BytesOf(market, first), BytesOf(market, second)));
            await market.Submit(second, TestMarket.Item("one", program));

            Assert.Equal(
                ErrorCode.ProgramNotFound,
                (await Assert.ThrowsAsync<MarketException>(() => Program(market, program).Remove(stranger))).Code
            );
            await Blob(market, Module).Unpin(first.Account, null, Authority.Silo);
            await Program(market, program).Remove(first);

            Assert.Equal((0, Module.Length), (BytesOf(market, first), BytesOf(market, second)));
            Assert.Equal(second.Account, (await Program(market, program).Get()).Deployer);
            Assert.Equal(
                ErrorCode.ProgramInUse,
                (await Assert.ThrowsAsync<MarketException>(() => Program(market, program).Remove(second))).Code
            );
        });

    [Fact]
    public void RemovalThatIsCutShortAnywhere_IsMadeWholeByItsRepetition()
    {
        for (var (writes, isCut) = (1, true); isCut; writes++)
        {
            TestMarket.Run(async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller, Module);
                await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
                await CutShort(market, writes, () => Program(market, program).Remove(caller));
                isCut = market.Store.IsCrashed;
                await market.CrashAndStart();
                await RemoveIfThere(market, program, caller);
                await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
                Assert.False(await Blob(market, Module).IsPinned(Authority.Silo));
                Assert.Equal(0, BytesOf(market, caller));
                await market.Deploy(caller, "command two");
            });
            Assert.True(writes < 20, "The removal never comes to its end.");
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void DeploymentThatIsCutShortAnywhere_IsMadeWholeByItsRepetitionOrARemoval(bool isRepeated)
    {
        for (var (writes, isCut) = (1, true); isCut; writes++)
        {
            TestMarket.Run(async market =>
            {
                var caller = await market.OpenAccount("client");
                var blob = await market.Upload(caller, Module);
                var id = Marketplace.Crypto.IdDerivation.Program(blob, default);
                await CutShort(market, writes, () => Program(market, id).Deploy(caller, new ProgramDeployment(blob, default, "test")));
                isCut = market.Store.IsCrashed;
                await market.CrashAndStart();
                if (isRepeated)
                {
                    Assert.Equal(id, await market.Deploy(caller, Module));
                    await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
                    Assert.Equal(Module.Length, BytesOf(market, caller));
                    Assert.True(await Blob(market, Module).IsPinned(Authority.Silo));
                }
                else
                {
                    await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
                }

                await RemoveIfThere(market, id, caller);
                await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
                Assert.False(await Blob(market, Module).IsPinned(Authority.Silo));
                Assert.Equal(0, BytesOf(market, caller));
            });
            Assert.True(writes < 20, "The deployment never comes to its end.");
        }
    }

    [Fact]
    public void DeploymentWhoseModuleFindsNoPlace_LeavesNothingCounted() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var blob = await market.Upload(caller, Module);
            var holders = Enumerable
                .Range(1, BlobPolicy.HoldersMax - 1)
                .ToDictionary(number => TestMarket.Id($"{number}"), _ => market.Time.GetUtcNow());
            await market.Rewrite(blob, state => state with { Accounts = state.Accounts.AddRange(holders) });

            Assert.Equal(ErrorCode.LimitExceeded, (await Assert.ThrowsAsync<MarketException>(() => market.Deploy(caller, Module))).Code);
            Assert.Equal(0, DiskInvariants.Kept(market.Disk, caller.Account).ProgramCount);
        });

    [Fact]
    public void RepeatedDeployment_CountsAndKeepsWhatATwinGaveBack() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, Module);
            await market.Quota("client").DiscountModule(program, Authority.Blob);
            await market.Deploy(caller, Module);
            await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
            Assert.Equal(Module.Length, BytesOf(market, caller));
        });

    [Fact]
    public void ModuleThatATwinReleasesWhileTheManifestIsWritten_IsKept() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var blob = await market.Upload(caller, Module);
            var id = Marketplace.Crypto.IdDerivation.Program(blob, default);
            var release = Task.CompletedTask;
            market.Store.OnWrite = name =>
            {
                if (name.StartsWith(ProgramCodec.Kind, StringComparison.Ordinal))
                {
                    release = Blob(market, Module).ReleaseFor(id, caller.Account, Authority.Program);
                }
                return WriteFate.Done;
            };
            await market.Deploy(caller, Module);
            await release;
            await Blob(market, Module).Unpin(caller.Account, null, Authority.Silo);
            await Task.Delay(BlobPolicy.RemovedProgramAge, market.Time);
            Assert.True(await Blob(market, Module).IsPinned(Authority.Silo));
            Assert.Equal(Module.Length, BytesOf(market, caller));
        });

    [Fact]
    public void StateOfARemovedProgram_IsThereWhenItIsDeployedAgain() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, "command writes");
            var state = market.Grains.GetGrain<IStateGrain>(program.ToString());
            var end = new JobEnd(
                Status: JobStatus.Completed,
                Fault: JobFault.None,
                Code: null,
                Reason: null,
                Worker: null,
                Payee: null,
                PricePerMillionFuel: TokenAmount.Zero,
                FuelUsed: 1,
                Output: default,
                Log: default,
                RootBefore: null,
                RootAfter: null,
                History: [],
                Explanation: new JobExplanation("", [])
            );
            var root = (
                await state.Commit(default, 0, default, [new StateChange("key"u8.ToArray(), "value"u8.ToArray())], end, Authority.Market)
            )!
                .RootAfter!
                .Value;

            await Program(market, program).Remove(caller);
            Assert.Equal(program, await market.Deploy(caller, "command writes"));

            Assert.Equal("value"u8.ToArray(), (await state.Read(root, "key"u8.ToArray()))!.Value.ToArray());
        });

    private static IProgramGrain Program(TestMarket market, ProgramId id) => market.Grains.GetGrain<IProgramGrain>(id.ToString());

    private static IBlobGrain Blob(TestMarket market, string text) =>
        market.Grains.GetGrain<IBlobGrain>(Marketplace.Crypto.IdDerivation.Blob(System.Text.Encoding.UTF8.GetBytes(text)).ToString());

    private static long BytesOf(TestMarket market, Caller caller) => DiskInvariants.Kept(market.Disk, caller.Account).Bytes;

    private static async Task RemoveIfThere(TestMarket market, ProgramId program, Caller caller)
    {
        try
        {
            await Program(market, program).Remove(caller);
        }
        catch (MarketException gone) when (gone.Code == ErrorCode.ProgramNotFound)
        {
            // There was nothing to remove, or it was whole already.
        }
    }

    /// <summary>The process ends after so many writes of the call, or after the call.</summary>
    private static async Task CutShort(TestMarket market, int writes, Func<Task> call)
    {
        market.Store.OnWrite = _ => --writes == 0 ? WriteFate.CrashAfter : WriteFate.Done;
        _ = call();
        await market.Settle();
    }
}
