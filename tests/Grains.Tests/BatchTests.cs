using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>A batch gives one result per item and drops none.</summary>
public sealed class BatchTests
{
    [Fact]
    public void GoodAndBadItems_EachGetTheirOwnResult() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller, "onvm add,sub");
            var spec = TestMarket.Spec(program) with { EntryPoint = "add" };
            var foreign = await market.Upload(await market.OpenAccount("other"), "not mine");

            SubmitItem[] items =
            [
                new("good", spec),
                new("", spec),
                new(new string('x', MarketLimits.RequestIdBytesMax + 1), spec),
                new("\ud800", spec),
                new("no entry", spec with { EntryPoint = "mul" }),
                new("no name", spec with { EntryPoint = null }),
                new("no program", spec with { Program = default }),
                new("too large", spec with { Input = new byte[MarketLimits.InlineBytesMax + 1] }),
                new("largest", spec with { Input = new byte[MarketLimits.InlineBytesMax] }),
                new("foreign", spec with { Input = default, InputBlob = foreign }),
                new("two inputs", spec with { InputBlob = foreign }),
                new("fuel", spec with { FuelMax = MarketLimits.FuelMax + 1 }),
                new("memory", spec with { MemoryPagesMax = 0 }),
                new("time", spec with { TimeMax = MarketLimits.TimeMax + TimeSpan.FromMilliseconds(1) }),
                new("retries", spec with { RetriesMax = MarketLimits.RetriesMax + 1 }),
                new("expires", spec with { ExpiresAfter = TimeSpan.Zero }),
                new("arguments", spec with { Arguments = [.. Enumerable.Repeat("a", MarketLimits.ArgumentsMax + 1)] }),
                new("zero", spec with { Arguments = ["a\0b"] }),
                new("no arguments", spec with { Arguments = default }),
                new("last", spec),
            ];
            var results = await market.Submit(caller, items);

            Assert.Equal(
                [
                    null,
                    ErrorCode.LimitExceeded,
                    ErrorCode.LimitExceeded,
                    ErrorCode.MalformedRequest,
                    ErrorCode.EntryPointNotFound,
                    ErrorCode.EntryPointNotFound,
                    ErrorCode.ProgramNotFound,
                    ErrorCode.LimitExceeded,
                    null,
                    ErrorCode.BlobNotFound,
                    ErrorCode.MalformedRequest,
                    ErrorCode.LimitExceeded,
                    ErrorCode.LimitExceeded,
                    ErrorCode.LimitExceeded,
                    ErrorCode.LimitExceeded,
                    ErrorCode.LimitExceeded,
                    ErrorCode.LimitExceeded,
                    ErrorCode.MalformedRequest,
                    ErrorCode.MalformedRequest,
                    null,
                ],
                results.Select(result => result.Code)
            );
            Assert.All(results, result => Assert.Equal(result.Code is null, result.Message is null));
            Assert.Equal(3, (await market.Account("client").Get()).OpenJobs);
            Assert.Equal(3, (await market.Market.GetView()).QueuedJobs);
        });

    [Fact]
    public void MoneyThatEndsInTheMiddle_RefusesOnlyWhatItDoesNotCover() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 250);
            var program = await market.Deploy(caller);

            var results = await market.Submit(
                caller,
                TestMarket.Item("a", program),
                TestMarket.Item("b", program),
                TestMarket.Item("c", program),
                TestMarket.Item("d", program, price: 50)
            );

            Assert.Equal([null, null, ErrorCode.InsufficientFunds, null], results.Select(result => result.Code));
            var account = await market.Account("client").Get();
            Assert.Equal((TokenAmount.Zero, new TokenAmount(250)), (account.Available, account.Held));
            Assert.Equal(3, DiskInvariants.Jobs(market.Disk).Count);
        });

    [Fact]
    public void SpendLimit_CountsHoldsAndCharges() =>
        TestMarket.Run(async market =>
        {
            await market.OpenAccount("client");
            var caller = await market.AddKey("client", spendLimit: 250);
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker", price: 60);

            var first = await market.Submit(
                caller,
                TestMarket.Item("a", program),
                TestMarket.Item("b", program),
                TestMarket.Item("c", program)
            );
            Assert.Equal([null, null, ErrorCode.SpendLimitReached], first.Select(result => result.Code));
            var orders = await worker.Poll();
            await worker.Report([.. orders.Leases.Select(lease => worker.Completed(lease, fuel: 1_000_000))]);
            await market.Settle();

            // Two jobs cost 60 each: 130 of the limit are left.
            var second = await market.Submit(caller, TestMarket.Item("d", program), TestMarket.Item("e", program));
            Assert.Equal([null, ErrorCode.SpendLimitReached], second.Select(result => result.Code));
            var key = (await market.Account("client").ListKeys()).Single(key => key.SpendLimit is not null);
            Assert.Equal(new TokenAmount(120), key.Spent);
        });

    [Fact]
    public void BatchOfWrongSizeOrWithoutScope_IsRefusedWhole() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var tooMany = Enumerable
                .Range(0, MarketLimits.BatchJobsMax + 1)
                .Select(number => TestMarket.Item($"{number}", program))
                .ToArray();

            Assert.Equal(ErrorCode.LimitExceeded, (await Assert.ThrowsAsync<MarketException>(() => market.Submit(caller, tooMany))).Code);
            Assert.Equal(ErrorCode.LimitExceeded, (await Assert.ThrowsAsync<MarketException>(() => market.Submit(caller))).Code);
            var reader = caller with { Scopes = Scopes.Read };
            Assert.Equal(ErrorCode.Forbidden, (await Assert.ThrowsAsync<MarketException>(() => market.Submit(reader, tooMany[0]))).Code);
            Assert.All(await market.Submit(caller, tooMany[1..]), result => Assert.Null(result.Code));
            Assert.Equal(MarketLimits.BatchJobsMax, (await market.Account("client").Get()).OpenJobs);
        });
}
