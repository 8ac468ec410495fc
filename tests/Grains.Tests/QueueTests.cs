using System.Text;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>The queue is bounded, in jobs and in bytes, of one account and of all; a long one keeps its inputs on disk.</summary>
public sealed class QueueTests
{
    /// <summary>What a job of these tests takes, at most.</summary>
    private const int JobBytes = JobSizes.FixedBytes + 16;

    [Fact]
    public void JobsBehindWhatIsKeptInMemory_AreLeasedWithTheirWholeSpec() =>
        Run(
            new QueueBounds { KeptBytesMax = 0 },
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);
                var file = await market.Upload(caller, "file");
                var spec = TestMarket.Spec(program, input: "the input") with
                {
                    Arguments = ["one", "two"],
                    Files = [new InputFile("a", file)],
                    Environment = [new EnvironmentVariable("NAME", "value")],
                };
                var jobs = await market.Submit(caller, [.. Enumerable.Range(0, 20).Select(number => new SubmitItem($"{number}", spec))]);
                var worker = await market.AddWorker("worker", slots: 20);

                var leases = new List<Lease>();
                while (leases.Count < jobs.Length)
                {
                    leases.AddRange((await worker.Poll()).Leases);
                }
                await worker.Report([.. leases.Select(lease => worker.Completed(lease))]);
                await market.Settle();

                foreach (var lease in leases)
                {
                    var leased = lease.Ticket.Spec;
                    Assert.Equal("the input", Encoding.UTF8.GetString(leased.Input.Span));
                    Assert.Equal(spec.Arguments, leased.Arguments);
                    Assert.Equal(spec.Files, leased.Files);
                    Assert.Equal(spec.Environment, leased.Environment);
                }

                Assert.Equal(new TokenAmount(100), (await market.Account("worker").Get()).Available);
            }
        );

    [Fact]
    public void BuyerWithOneJob_IsServedBeforeTheRestOfAnothersMany() =>
        TestMarket.Run(async market =>
        {
            var many = await market.OpenAccount("many");
            var program = await market.Deploy(many);
            await market.Submit(many, [.. Enumerable.Range(0, 50).Select(number => TestMarket.Item($"{number}", program))]);
            var one = await market.OpenAccount("one");
            var single = (await market.Submit(one, TestMarket.Item("one", program)))[0].Job;
            Assert.Equal(1, (await market.Market.Explain(single))!.QueuePosition);

            var worker = await market.AddWorker("worker", slots: 1);
            Assert.Contains(single, new[] { await RunOne(), await RunOne() });

            async Task<JobId> RunOne()
            {
                var lease = await worker.TakeOne();
                await worker.Report(worker.Completed(lease));
                await market.Settle();
                return lease.Ticket.Job;
            }
        });

    [Fact]
    public void ReportThatClaimsEndlessFuel_CostsTheBuyerNoMoreTurnsThanItsJobsFuel() =>
        TestMarket.Run(async market =>
        {
            var one = await market.OpenAccount("one");
            var program = await market.Deploy(one);
            await market.Submit(one, TestMarket.Item("first", program));
            var worker = await market.AddWorker("worker", slots: 1);
            await worker.Report(worker.Completed(await worker.TakeOne(), fuel: long.MaxValue));
            await market.Settle();

            var many = await market.OpenAccount("many");
            await market.Submit(many, [.. Enumerable.Range(0, 50).Select(number => TestMarket.Item($"{number}", program))]);
            var next = (await market.Submit(one, TestMarket.Item("next", program)))[0].Job;
            Assert.InRange((await market.Market.Explain(next))!.QueuePosition, 1, 2);
        });

    [Fact]
    public void BuyerWhoCancelsItsRuns_HasHadItsTurns() =>
        TestMarket.Run(async market =>
        {
            var one = await market.OpenAccount("one");
            var program = await market.Deploy(one);
            var job = (await market.Submit(one, Long("first")))[0].Job;
            var worker = await market.AddWorker("worker", slots: 1);
            await worker.TakeOne();
            await Task.Delay(TimeSpan.FromMilliseconds(500), market.Time);
            await market.Job(job).Cancel(one);

            // Half a second of a core is as much as a hundred of the other's runs.
            var many = await market.OpenAccount("many");
            await market.Submit(many, [.. Enumerable.Range(0, 200).Select(number => TestMarket.Item($"{number}", program))]);
            var next = (await market.Submit(one, Long("next")))[0].Job;
            Assert.InRange((await market.Market.Explain(next))!.QueuePosition, 200, 201);

            SubmitItem Long(string name) =>
                TestMarket.Item(name, program, price: 100_000) with
                {
                    Spec = TestMarket.Spec(program, 100_000) with { FuelMax = 1_000_000_000 },
                };
        });

    [Fact]
    public void JobThatIsCancelledWhileItsInputIsRead_GoesToNoWorker() =>
        Run(
            new QueueBounds { KeptBytesMax = 0 },
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);
                var jobs = await market.Submit(caller, TestMarket.Item("one", program), TestMarket.Item("two", program));
                await market.Job(jobs[0].Job).Cancel(caller);
                var worker = await market.AddWorker("worker");

                Assert.Equal(jobs[1].Job, (await worker.TakeOne()).Ticket.Job);
                await market.Job(jobs[1].Job).Cancel(caller);
                await market.Settle();
            }
        );

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.AccountPartsOfQueueBytes))]
    public void AccountThatUsesUpItsShare_IsRefusedItemByItem_AndNothingIsHeldForThose() =>
        Run(
            new QueueBounds { BytesMax = MarketPolicy.AccountPartsOfQueueBytes * 3 * JobBytes },
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var other = await market.OpenAccount("other");
                var program = await market.Deploy(caller);

                var results = await market.Submit(caller, Items(5));
                var again = await market.Submit(caller, Items(5));

                var full = ErrorCode.TooManyOpenJobs;
                Assert.Equal([null, null, null, full, full], results.Select(result => result.Code));
                Assert.Equal([null, null, null, full, full], again.Select(result => result.Code));
                Assert.Equal([true, true, true, false, false], again.Select(result => result.Existed));
                Assert.Equal(new TokenAmount(300), (await market.Account("client").Get()).Held);
                Assert.Null((await market.Submit(other, TestMarket.Item("other", program)))[0].Code);

                await market.Restart();
                await market.Market.GetView();
                await market.Settle();
                Assert.Equal(full, (await market.Submit(caller, TestMarket.Item("after", program)))[0].Code);
                // The other's job has made the share smaller.
                await market.Job(results[0].Job).Cancel(caller);
                await market.Job(results[1].Job).Cancel(caller);
                await market.Settle();
                Assert.Null((await market.Submit(caller, TestMarket.Item("room", program)))[0].Code);

                SubmitItem[] Items(int count) => [.. Enumerable.Range(0, count).Select(number => TestMarket.Item($"{number}", program))];
            }
        );

    [Fact]
    public void QueueOfManyAccounts_IsFullAtItsBound() =>
        Run(
            new QueueBounds { JobsMax = 3 },
            async market =>
            {
                var callers = new List<Caller>();
                for (var number = 0; number < 5; number++)
                {
                    callers.Add(await market.OpenAccount($"client {number}"));
                }
                var program = await market.Deploy(callers[0]);

                var codes = new List<ErrorCode?>();
                foreach (var caller in callers)
                {
                    codes.Add((await market.Submit(caller, TestMarket.Item("one", program)))[0].Code);
                }

                Assert.Equal([null, null, null, ErrorCode.QueueFull, ErrorCode.QueueFull], codes);
                Assert.True((await market.Submit(callers[0], TestMarket.Item("one", program)))[0] is { Code: null, Existed: true });
                Assert.Equal(TokenAmount.Zero, (await market.Account("client 4").Get()).Held);
            }
        );

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.AccountPartsOfQueueJobs))]
    public void FewAccountsThatTakeAllTheyMay_LeaveRoomForTheNext() =>
        Run(
            new QueueBounds { JobsMax = 16 },
            async market =>
            {
                var first = await market.OpenAccount("first");
                var program = await market.Deploy(first);
                var taken = new List<int>();
                foreach (var name in new[] { "first", "second", "third", "fourth" })
                {
                    var caller = name == "first" ? first : await market.OpenAccount(name);
                    var results = await market.Submit(
                        caller,
                        [.. Enumerable.Range(0, 16).Select(number => TestMarket.Item($"{number}", program))]
                    );
                    Assert.All(results, result => Assert.True(result.Code is null or ErrorCode.TooManyOpenJobs));
                    taken.Add(results.Count(result => result.Code is null));
                }

                Assert.Equal([8, 4, 2, 1], taken);
                Assert.Equal(ErrorCode.TooManyOpenJobs, (await market.Submit(first, TestMarket.Item("more", program)))[0].Code);
            }
        );

    /// <summary>
    /// However they arrive, in pieces of whatever size: no account gets past its part, and all of it is taken in the end.
    /// </summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Share_IsAPartOfWhatIsFree(int parts)
    {
        const long All = 1000;
        var chance = new Random(parts);
        var owned = new long[64];
        for (var step = 0; step < 10_000; step++)
        {
            ref var own = ref owned[chance.Next(owned.Length)];
            var room = FairShare.Room(All - owned.Sum(), own, parts);
            own += chance.Next(4) == 0 ? -own : Math.Min(room, chance.Next(1, 100));
            Assert.InRange(owned.Sum(), 0, All);
        }

        Array.Clear(owned);
        owned[0] = FairShare.Room(All, 0, parts);
        Assert.Equal(All / parts, owned[0]);
        Assert.Equal(0, FairShare.Room(All - owned[0], owned[0], parts));
        for (var next = 1; next < owned.Length; next++)
        {
            owned[next] = FairShare.Room(All - owned.Sum(), 0, parts);
        }
        Assert.Equal(All, owned.Sum());
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.AccountPartsOfMemory))]
    public void InputsOfOneAccount_TakeHalfOfTheMemoryForInputs()
    {
        var load = new QueueLoad(new QueueBounds { KeptBytesMax = 1000 });

        Assert.True(load.MayKeep(TestMarket.Id("one"), 500));
        Assert.False(load.MayKeep(TestMarket.Id("one"), 501));
    }

    [Fact]
    public void DiskBelowItsFloor_TakesNothingNew_AndEndsWhatRuns() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var worker = await market.AddWorker("worker");
            var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
            var lease = await worker.TakeOne();
            market.Store.Shortage = new DiskShortage(1000, 2000);

            var results = await market.Submit(caller, TestMarket.Item("one", program), TestMarket.Item("new", program));
            await worker.Report(worker.Completed(lease));
            await market.Settle();

            Assert.Equal([null, ErrorCode.StorageFull], results.Select(result => result.Code));
            Assert.True(results[0].Existed);
            Assert.Contains("1000 bytes free", results[1].Message);
            Assert.Equal(JobStatus.Completed, (await market.Job(job).Get(caller)).Status);
            var account = await market.Account("client").Get();
            Assert.Equal((TokenAmount.Zero, new TokenAmount(5)), (account.Held, account.Spent));
            market.Store.Shortage = null;
            Assert.Null((await market.Submit(caller, TestMarket.Item("new", program)))[0].Code);
        });

    [Fact]
    public void JobsThatFindNoRoomInMemory_AreReadAgainWhenTheyEnd()
    {
        var resident = new ResidentJobs();
        var accounts = 0;
        for (var size = (int)(JobPolicy.ResidentBytesMax / 2); size > 0; size /= 2)
        {
            while (resident.TryKeep(TestMarket.Id($"account {accounts}"), size))
            {
                accounts++;
            }
        }

        TestMarket.Run(
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);
                var job = (await market.Submit(caller, TestMarket.Item("one", program)))[0].Job;
                var worker = await market.AddWorker("worker");
                var waiting = market.Job(job).WaitEnded(caller, TimeSpan.FromSeconds(20), default);
                await worker.Report(worker.Completed(await worker.TakeOne()));

                Assert.Equal(JobStatus.Completed, (await waiting).Status);
                await market.Settle();
            },
            register: services => services.AddSingleton(resident)
        );
    }

    private static void Run(QueueBounds bounds, Func<TestMarket, Task> scenario) =>
        TestMarket.Run(scenario, register: services => services.AddSingleton(bounds));
}
