using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>Each deployment and removal is told to the ledger of its account once, whatever happens in between.</summary>
public sealed class LedgerProgramTests
{
    private const string Module = "command";

    [Fact]
    public void DeploymentsAndRemovals_StandInTheLedgersOfTheirAccounts() =>
        TestMarket.Run(async market =>
        {
            var (first, second) = (await market.OpenAccount("first"), await market.OpenAccount("second"));
            var program = await market.Deploy(first, Module);
            await market.Deploy(first, Module);
            await market.Deploy(second, Module);
            await Program(market, program).Remove(first);
            await Program(market, program).Remove(second);
            await market.Deploy(first, Module);

            Assert.Equal(["deployed", "removed", "deployed"], await Told(market, first));
            Assert.Equal(["deployed", "removed"], await Told(market, second));
            var words = (await market.Records(LedgerName.Of(first.Account)))[^1].Operation.Subject;
            Assert.Equal(
                [$"program={program}", $"module={(await Program(market, program).Get()).Module}", "name=test"],
                words.Select(Show)
            );
            await market.Verify(LedgerName.Of(first.Account));

            static string Show(LedgerWord word) => $"{word.Name}={word.Value}";
        });

    [Theory]
    [InlineData(nameof(WriteFate.CrashAfter))]
    [InlineData(nameof(WriteFate.Lost))]
    [InlineData(nameof(WriteFate.Unconfirmed))]
    public void WhateverWriteIsTheLast_EachStepThatCountedIsToldOnce(string how)
    {
        var fate = Enum.Parse<WriteFate>(how);
        var hits = 0;
        for (var point = 0; point < 40; point++)
        {
            LedgerScene.Run(async market =>
            {
                var caller = await market.OpenAccount("client");
                var other = await market.OpenAccount("other");
                await market.Upload(caller, Module);
                await market.Upload(other, Module);
                var (left, kept) = (point, new List<string>());
                // Reads what is stored after each write.
                market.Store.OnWrite = _ =>
                {
                    Note(market, kept, caller.Account);
                    return left-- == 0 ? fate : WriteFate.Done;
                };
                var work = Work(market, caller, other);
                await Task.WhenAny(work, Task.Delay(TimeSpan.FromSeconds(30), market.Time));
                hits += left < 0 ? 1 : 0;
                _ = work.Exception;
                Note(market, kept, caller.Account);
                market.Store.OnWrite = _ =>
                {
                    Note(market, kept, caller.Account);
                    return WriteFate.Done;
                };
                await market.CrashAndStart();
                await Task.Delay(3 * LedgerGrainPolicy.TellAgainAfter, market.Time);
                Note(market, kept, caller.Account);

                Assert.Equal(kept, await Told(market, caller));
                await market.Verify(LedgerName.Of(caller.Account));
                // Nothing is left to tell, and a removal that was begun is complete.
                Assert.DoesNotContain(Stored(market), state => state.IsRemoved || !state.Untold.IsEmpty);
            });
        }
        Assert.True(hits > 20, $"only {hits} writes were hit");

        static async Task Work(TestMarket market, Caller caller, Caller other)
        {
            var program = await market.Deploy(caller, Module);
            await market.Deploy(other, Module);
            await Program(market, program).Remove(caller);
            await Program(market, program).Remove(other);
            await market.Deploy(caller, Module);
            await Program(market, program).Remove(caller);
        }
    }

    [Fact]
    [TestsBound(typeof(ProgramPolicy), nameof(ProgramPolicy.UntoldMax))]
    public void LedgerThatDoesNotAnswer_HoldsUpADeploymentOnlyAfterMany() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var other = await market.OpenAccount("other");
            await market.Deploy(other, Module);
            var program = await market.Deploy(caller, Module);
            market.Store.OnWrite = name => name.StartsWith("ledger/", StringComparison.Ordinal) ? WriteFate.Lost : WriteFate.Done;
            for (var step = 0; step < ProgramPolicy.UntoldMax; step++)
            {
                await (step % 2 == 0 ? Program(market, program).Remove(caller) : market.Deploy(caller, Module));
            }
            await Assert.ThrowsAsync<MarketException>(() => Program(market, program).Remove(caller));
            Assert.True(await Program(market, program).IsDeployedBy(caller.Account));

            market.Store.OnWrite = _ => WriteFate.Done;
            await Program(market, program).Remove(caller);
            Assert.Equal(ProgramPolicy.UntoldMax + 2, (await Told(market, caller)).Count());
        });

    /// <summary>What the account has of the program by what is stored, in its order: whether it is deployed.</summary>
    private static void Note(TestMarket market, List<string> kept, AccountId account)
    {
        var isDeployed = Stored(market).Any(state => !state.IsRemoved && state.Deployers.Contains(account));
        if (isDeployed != (kept.LastOrDefault() == "deployed"))
        {
            kept.Add(isDeployed ? "deployed" : "removed");
        }
    }

    private static IEnumerable<DeployedState> Stored(TestMarket market) =>
        market.Disk.Documents.Where(pair => pair.Key.Kind == ProgramCodec.Kind).Select(pair => ProgramCodec.Read(pair.Value.Content.Span));

    private static IProgramGrain Program(TestMarket market, ProgramId id) => market.Grains.GetGrain<IProgramGrain>($"{id}");

    private static async Task<IEnumerable<string>> Told(TestMarket market, Caller caller) =>
        (await market.Records(LedgerName.Of(caller.Account)))
            .Where(record => record.Operation.Kind is LedgerKinds.ProgramDeployed or LedgerKinds.ProgramRemoved)
            .Select(record => record.Operation.Kind["program_".Length..]);
}
