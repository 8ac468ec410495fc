using System.Reflection;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>What a worker may ask for: no more than its leases need, whatever it says.</summary>
public sealed class LeaseAuthorityTests
{
    [Fact]
    public void LeaseOfAnotherWorker_OpensNothing() =>
        TestMarket.Run(async market =>
        {
            var (caller, program) = await Writing(market);
            var worker = await market.AddWorker("worker");
            var other = await market.AddWorker("other", price: 1_000);
            await market.Submit(caller, TestMarket.Item("one", program));
            var lease = await worker.TakeOne();
            var module = lease.Ticket.Module;

            Assert.NotNull(await worker.Grain.FindBlob(worker.Call(lease), module));
            await Refused(ErrorCode.LeaseNotFound, () => other.Grain.FindBlob(other.Call(lease), module));
            await Refused(ErrorCode.LeaseNotFound, () => other.Grain.ReadState(other.Call(lease), default));
            await Refused(ErrorCode.LeaseNotFound, () => other.Grain.ListState(other.Call(lease), default));
            await Refused(ErrorCode.LeaseNotFound, () => other.Grain.StateRootWith(other.Call(lease), []));
            await Refused(ErrorCode.LeaseNotFound, () => other.Grain.AddOutput(other.Call(lease), module));
            await Refused(ErrorCode.LeaseNotFound, () => other.Grain.BeginOutput(other.Call(lease), module, 1));
            // Nor does the other get it by the worker's name.
            await Refused(ErrorCode.MalformedRequest, () => other.Grain.FindBlob(worker.Call(lease), module));
            await Refused(ErrorCode.MalformedRequest, () => other.Grain.AddOutput(worker.Call(lease), module));
            await Refused(ErrorCode.MalformedRequest, () => other.Grain.BeginOutput(worker.Call(lease), module, 1));
        });

    [Fact]
    public void Run_ReadsItsOwnBlobsAndThoseOfItsAccount() =>
        TestMarket.Run(async market =>
        {
            var (caller, program) = await Writing(market);
            var stranger = await market.OpenAccount("stranger");
            var worker = await market.AddWorker("worker");
            var (input, file) = (await market.Upload(caller, "input"), await market.Upload(caller, "file"));
            var (kept, foreign) = (await market.Upload(caller, "kept"), await market.Upload(stranger, "foreign"));
            var spec = TestMarket.Spec(program) with { Input = default, InputBlob = input, Files = [new InputFile("a", file)] };
            await market.Submit(caller, new SubmitItem("one", spec));
            var lease = await worker.TakeOne();
            // What the job names stays readable, also when its account no longer keeps it.
            await market.Grains.GetGrain<IBlobGrain>(input.ToString()).Unpin(caller.Account, caller, Authority.Gateway);

            foreach (var (blob, size) in new[] { (input, 5), (file, 4), (kept, 4) })
            {
                Assert.Equal(size, await worker.Grain.FindBlob(worker.Call(lease), blob));
            }
            Assert.NotNull(await worker.Grain.FindBlob(worker.Call(lease), lease.Ticket.Module));
            Assert.Null(await worker.Grain.FindBlob(worker.Call(lease), foreign));
        });

    [Fact]
    public void StateOfARun_IsItsProgramsWhereItStarts() =>
        TestMarket.Run(async market =>
        {
            var (caller, program) = await Writing(market);
            var plain = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program), TestMarket.Item("two", program));
            var change = new StateChange("key"u8.ToArray(), "value"u8.ToArray());
            var first = await worker.TakeOne();
            Assert.Null(await worker.Grain.ReadState(worker.Call(first), change.Key));
            var root = await worker.Grain.StateRootWith(worker.Call(first), [change]);
            await worker.Report(worker.Completed(first, changes: change));

            var second = await worker.TakeOne();
            Assert.Equal(root, second.Root);
            Assert.Equal("value", Encoding.UTF8.GetString((await worker.Grain.ReadState(worker.Call(second), change.Key))!.Value.Span));
            Assert.Single(await worker.Grain.ListState(worker.Call(second), "k"u8.ToArray()));
            await market.Submit(caller, TestMarket.Item("three", plain));
            var third = await worker.TakeOne();
            await Refused(ErrorCode.MalformedRequest, () => worker.Grain.ReadState(worker.Call(third), change.Key));
        });

    [Fact]
    public void LeaseThatIsOver_OpensNothing() =>
        TestMarket.Run(async market =>
        {
            var (caller, program) = await Writing(market);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program), TestMarket.Item("two", program));
            var reported = await worker.TakeOne();
            await worker.Report(worker.Completed(reported));
            await Refused(ErrorCode.LeaseNotFound, () => worker.Grain.FindBlob(worker.Call(reported), reported.Ticket.Module));

            // One that was asked for a moment ago is known for so long.
            var cancelled = await worker.TakeOne();
            await worker.Grain.ReadState(worker.Call(cancelled), default);
            await market.Job(cancelled.Ticket.Job).Cancel(caller);
            await Task.Delay(WorkerPolicy.GrantTrust / 2, market.Time);
            await worker.Grain.ReadState(worker.Call(cancelled), default);
            await Task.Delay(WorkerPolicy.GrantTrust / 2, market.Time);
            await Refused(ErrorCode.LeaseNotFound, () => worker.Grain.ReadState(worker.Call(cancelled), default));
            await Refused(ErrorCode.LeaseNotFound, () => worker.Grain.AddOutput(worker.Call(cancelled), cancelled.Ticket.Module));
            await Refused(ErrorCode.LeaseNotFound, () => worker.Grain.BeginOutput(worker.Call(cancelled), cancelled.Ticket.Module, 1));
        });

    [Fact]
    public void CallThatComesLate_IsRefused() =>
        TestMarket.Run(async market =>
        {
            var (caller, program) = await Writing(market);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program));
            var lease = await worker.TakeOne();
            var (first, second) = (worker.Call(lease), worker.Call(lease));

            await Refused(ErrorCode.LimitExceeded, () => worker.Grain.ReadState(first with { Sequence = 0 }, default));
            await worker.Grain.ReadState(second, default);
            await worker.Grain.ReadState(second, default);
            await Refused(ErrorCode.LimitExceeded, () => worker.Grain.ReadState(first, default));
            // The market keeps the number for as long as the lease lives.
            await Task.Delay(WorkerPolicy.GrantTrust, market.Time);
            await Refused(ErrorCode.LimitExceeded, () => worker.Grain.ReadState(first, default));
        });

    /// <summary>Else a worker could hand any account's bytes to its client, by their id alone.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OutputThatTheRunDidNotBring_IsTheWorkersFailure(bool asFile) =>
        TestMarket.Run(async market =>
        {
            var (caller, program) = await Writing(market);
            var stranger = await market.OpenAccount("stranger");
            var foreign = await market.Upload(stranger, "foreign");
            var worker = await market.AddWorker("worker");
            var spec = TestMarket.Spec(program) with { RetriesMax = 0 };
            var job = (await market.Submit(caller, new SubmitItem("one", spec)))[0].Job;
            var lease = await worker.TakeOne();
            var own = market.Blobs.Put("own"u8.ToArray());
            await worker.Grain.AddOutput(worker.Call(lease), own);

            var output = asFile ? new JobOutput(default, own, 3, [new OutputFile("a", foreign, 7)]) : new JobOutput(default, foreign, 7);
            await worker.Report(worker.Completed(lease) with { Output = output });

            var view = await market.Job(job).WaitEnded(caller, TimeSpan.FromSeconds(10), default);
            Assert.Equal((JobStatus.Failed, JobFault.Worker), (view.Status, view.Fault));
            Assert.Contains(foreign.ToString(), view.Reason, StringComparison.Ordinal);
            Assert.Null(await market.Grains.GetGrain<IBlobGrain>(foreign.ToString()).Find(caller.Account));
            await market.Settle();
        });

    [Fact]
    public void OutputsOfAnEarlierSilosWorker_AreTakenAsBefore() =>
        TestMarket.Run(async market =>
        {
            var (caller, program) = await Writing(market);
            var worker = await market.AddWorker("worker");
            worker.AddsOutputs = false;
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var output = market.Blobs.Put(new byte[100_000]);
            await worker.Report(worker.Completed(await worker.TakeOne()) with { Output = new JobOutput(default, output, 100_000) });
            Assert.Equal(output, (await market.Job(job).Get(caller)).Output.Blob);
            await market.Settle();
        });

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.OutputBlobsMax))]
    public void Run_BringsAsManyOutputsAsAJobMayHave() =>
        TestMarket.Run(async market =>
        {
            var (caller, program) = await Writing(market);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program));
            var lease = await worker.TakeOne();
            for (var number = 0; number < MarketPolicy.OutputBlobsMax; number++)
            {
                await worker.Grain.AddOutput(worker.Call(lease), Blob(number));
            }
            await worker.Grain.AddOutput(worker.Call(lease), Blob(0));
            await Refused(ErrorCode.LimitExceeded, () => worker.Grain.AddOutput(worker.Call(lease), Blob(MarketPolicy.OutputBlobsMax)));
        });

    /// <summary>What a run may bring is decided before a byte of it is written.</summary>
    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.OutputBlobBytesMax))]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.OutputBlobsMax))]
    public void Run_BeginsNoMoreThanAJobMayBring() =>
        TestMarket.Run(async market =>
        {
            var (caller, program) = await Writing(market);
            var worker = await market.AddWorker("worker");
            await market.Submit(caller, TestMarket.Item("one", program));
            var lease = await worker.TakeOne();
            var all = MarketPolicy.OutputBlobBytesMax;
            await Refused(ErrorCode.LimitExceeded, () => Begin(0, MarketLimits.OutputBytesMax + 1L));
            await Refused(ErrorCode.LimitExceeded, () => Begin(0, -1));
            for (var (number, left) = (0, all); left > 0; number++, left -= MarketLimits.OutputBytesMax)
            {
                await Begin(number, MarketLimits.OutputBytesMax);
                // A repetition, of which there may be many, counts once; another size is another thing.
                await Begin(number, MarketLimits.OutputBytesMax);
                await Refused(ErrorCode.LimitExceeded, () => Begin(number, 0));
            }
            await Refused(ErrorCode.LimitExceeded, () => Begin(90, 1));
            for (var number = (int)(all / MarketLimits.OutputBytesMax); number < MarketPolicy.OutputBlobsMax; number++)
            {
                await Begin(number, 0);
            }
            await Refused(ErrorCode.LimitExceeded, () => Begin(MarketPolicy.OutputBlobsMax, 0));

            Task Begin(int number, long size) => worker.Grain.BeginOutput(worker.Call(lease), Blob(number), size);
        });

    [Fact]
    public void Pins_AreTheBusinessOfTheAccountsOwnKeys() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var other = await market.OpenAccount("other");
            var blob = market.Grains.GetGrain<IBlobGrain>((await market.Upload(caller, "bytes")).ToString());

            await Refused(ErrorCode.Forbidden, () => blob.Unpin(caller.Account, other, Authority.Gateway));
            await Refused(ErrorCode.Forbidden, () => blob.Unpin(caller.Account, caller with { Scopes = Scopes.Read }, Authority.Gateway));
            await Refused(ErrorCode.Forbidden, () => blob.Pin(other.Account, 5, caller, Authority.Gateway));
            await blob.Unpin(caller.Account, caller, Authority.Gateway);
        });

    [Fact]
    public void KeyThatMayOnlyRead_HoldsSetsAsideAndCancelsNothing() =>
        TestMarket.Run(async market =>
        {
            var (caller, program) = await Writing(market);
            var reader = caller with { Scopes = Scopes.Read };
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var stake = new HoldId(HoldPurpose.Stake, default);

            await Refused(ErrorCode.Forbidden, () => market.Job(job).Cancel(reader));
            await Refused(ErrorCode.Forbidden, () => market.Account("client").Hold(reader, [new HoldItem(job, new TokenAmount(1))]));
            await Refused(
                ErrorCode.Forbidden,
                () => market.Account("client").SetAside(reader, stake, new TokenAmount(1), market.Time.GetUtcNow())
            );
        });

    /// <summary>The HTTP layer has no right of its own: where it names no key, every door is shut.</summary>
    [Fact]
    public void GatewayWithoutAKey_ChangesNothing() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var keys = new Dictionary<Type, string>
            {
                [typeof(IAccountGrain)] = caller.Account.ToString(),
                [typeof(IBlobGrain)] = Blob(0).ToString(),
                [typeof(IJobGrain)] = IdDerivation.Job(caller.Account, "one").ToString(),
                [typeof(IKeyGrain)] = caller.KeyId,
                [typeof(IMarketGrain)] = MarketLimits.DefaultClass,
                [typeof(IStateGrain)] = new ProgramId(default).ToString(),
            };
            var tried = 0;
            foreach (var (type, key) in keys)
            {
                var grain = market.Grains.GetGrain(type, key);
                // The right to open an account is its owner's signature: AccountOpeningTests.
                foreach (
                    var method in type.GetMethods()
                        .Where(method => method.GetParameters().Any(IsAuthority) && method.Name != nameof(IAccountGrain.Open))
                )
                {
                    var arguments = method
                        .GetParameters()
                        .Select(parameter => IsAuthority(parameter) ? Authority.Gateway : Default(parameter));
                    await Refused(ErrorCode.Forbidden, () => (Task)method.Invoke(grain, [.. arguments])!, $"{type.Name}.{method.Name}");
                    tried++;
                }
            }
            Assert.True(tried > 15, $"Only {tried} methods were tried.");
        });

    private static bool IsAuthority(ParameterInfo parameter) => parameter.ParameterType == typeof(Authority);

    private static object? Default(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(string) ? "operation"
        : parameter.ParameterType == typeof(KeyRequest) ? new KeyRequest("name", Scopes.Read, null)
        : parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType)
        : null;

    private static BlobId Blob(int number) => new(Blake3.Hash(Encoding.UTF8.GetBytes($"{number}")));

    private static async Task<(Caller Caller, ProgramId Program)> Writing(TestMarket market)
    {
        var caller = await market.OpenAccount("client");
        return (caller, await market.Deploy(caller, "command writes"));
    }

    private static async Task Refused(ErrorCode code, Func<Task> call, string? what = null)
    {
        var refused = await Record.ExceptionAsync(call);
        Assert.True(refused is MarketException market && market.Code == code, $"{what}: {refused}");
    }
}
