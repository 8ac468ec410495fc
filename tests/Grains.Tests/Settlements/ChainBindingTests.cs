using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Settlements;

/// <summary>
/// One address stands for one account, for ever, whichever activations are asked, in which order, and wherever the process ends. Deposits
/// of an address are credited once, to its account.
/// </summary>
public sealed class ChainBindingTests
{
    /// <summary>As many orders of the same turns.</summary>
    private const ulong Seeds = 12;

    [Theory]
    [InlineData(true), InlineData(false)]
    public void TwoAddressesOfOneAccount_OneStandsForIt(bool isAtOnce)
    {
        var winners = new HashSet<int>();
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            SettlementScene.Run(
                async scene =>
                {
                    Secp256k1PrivateKey[] keys = [Key(8), Key(9)];
                    var activations = await Both(scene);
                    Deposit(scene, keys, 500);
                    await scene.Blocks(8);

                    var answers = await Each(isAtOnce, seed, [() => Bind(0), () => Bind(1)]);

                    var winner = Array.IndexOf(answers, null);
                    winners.Add(winner);
                    Assert.Equal(ErrorCode.Forbidden, Assert.IsType<MarketException>(answers[1 - winner]).Code);
                    foreach (var at in activations)
                    {
                        await Refused(() => Ask(scene, "other", keys[1 - winner], at));
                    }
                    await scene.Until(async () => (await scene.Books("other")).Available == new TokenAmount(500));
                    Deposit(scene, keys, 70);
                    await scene.Blocks(8);
                    await scene.CrashAndStart();
                    await Refused(() => Ask(scene, "other", keys[1 - winner]));
                    await scene.Blocks(2);
                    Assert.Equal(new TokenAmount(570), (await scene.Books("other")).Available);
                    // What the other address has deposited is there still, for the account that it comes to stand for.
                    await Ask(scene, "late", keys[1 - winner]);
                    await scene.Until(async () => (await scene.Books("late")).Available == new TokenAmount(570));
                    await scene.Blocks(4);
                    Assert.Equal(new TokenAmount(570), (await scene.Books("other")).Available);
                    scene.Check();

                    Task<ChainAccount> Bind(int index) => Ask(scene, "other", keys[index], activations[index]);
                },
                seed
            );
        }
        Assert.True(winners.Count == 2, "The same address has won under every seed.");
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void OneAddressOfTwoAccounts_StandsForOne_AndTheOtherTakesAnother(bool isAtOnce)
    {
        var winners = new HashSet<int>();
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            SettlementScene.Run(
                async scene =>
                {
                    using var contested = Key(8);
                    using var spare = Key(9);
                    string[] names = ["left", "right"];
                    var activations = await Both(scene);
                    // Both activations have the address in memory, as one that stands for no account.
                    Deposit(scene, [contested], 500);
                    await scene.Blocks(8);

                    var answers = await Each(isAtOnce, seed, [() => Bind(0), () => Bind(1)]);

                    var winner = Array.IndexOf(answers, null);
                    winners.Add(winner);
                    var (first, second) = (names[winner], names[1 - winner]);
                    Assert.Equal(ErrorCode.Forbidden, Assert.IsType<MarketException>(answers[1 - winner]).Code);
                    await scene.Until(async () => (await scene.Books(first)).Available == new TokenAmount(500));
                    // That it has asked for an address which another account has is not for ever.
                    Assert.Equal(TestMarket.Id(second), (await Ask(scene, second, spare, activations[1 - winner])).Account);
                    Deposit(scene, [contested, spare], 70);
                    await scene.Until(async () => (await scene.Books(second)).Available == new TokenAmount(70));
                    await scene.CrashAndStart();
                    await Refused(() => Ask(scene, second, contested));
                    await Refused(() => Ask(scene, first, spare));
                    await scene.Blocks(4);
                    Assert.Equal(new TokenAmount(570), (await scene.Books(first)).Available);
                    Assert.Equal(new TokenAmount(70), (await scene.Books(second)).Available);
                    scene.Check();

                    Task<ChainAccount> Bind(int index) => Ask(scene, names[index], contested, activations[index]);
                },
                seed
            );
        }
        Assert.True(winners.Count == 2, "The same account has won under every seed.");
    }

    /// <summary>The process ends, or the store fails, at each write of a binding; another account then takes the address.</summary>
    [Theory]
    [InlineData(nameof(WriteFate.CrashAfter)), InlineData(nameof(WriteFate.Lost)), InlineData(nameof(WriteFate.Unconfirmed))]
    public void WhateverWriteOfABindingIsTheLast_TheAddressStandsForOne(string how)
    {
        var (fate, kinds) = (Enum.Parse<WriteFate>(how), new HashSet<string>());
        foreach (var kind in (string[])[ChainOwner.Kind, ChainAccountState.Kind])
        {
            SettlementScene.Run(async scene =>
            {
                using var contested = Key(8);
                using var spare = Key(9);
                Deposit(scene, [contested], 500);
                await scene.Blocks(8);
                scene.Market.Store.OnWrite = name =>
                {
                    var isIt = name.StartsWith($"{kind}/", StringComparison.Ordinal) && kinds.Add(kind);
                    return isIt ? fate : WriteFate.Done;
                };
                var failed = scene.Bind("left", contested);
                await Task.WhenAny(failed, Task.Delay(TimeSpan.FromSeconds(3), scene.Market.Time));
                Assert.False(failed.IsCompletedSuccessfully);
                if (scene.Market.Store.IsCrashed)
                {
                    await scene.CrashAndStart();
                }

                var stored = scene.Market.Disk.Documents[ChainAccountState.KeyOf(SettlementScene.Of(contested))].Content;
                var isBound = ChainAccountState.Form.Read(stored).Account is not null;
                if (isBound)
                {
                    await Refused(() => Ask(scene, "right", contested));
                    await scene.Bind("right", spare);
                    await scene.Bind("left", contested);
                }
                else
                {
                    await scene.Bind("right", contested);
                    await Refused(() => Ask(scene, "left", contested));
                    await scene.Bind("left", spare);
                }

                await scene.Until(async () => (await scene.Books(isBound ? "left" : "right")).Available == new TokenAmount(500));
                Assert.Equal(TokenAmount.Zero, (await scene.Books(isBound ? "right" : "left")).Available);
                scene.Check();
            });
        }
        Assert.Equal([ChainAccountState.Kind, ChainOwner.Kind], kinds.Order());
    }

    /// <summary>Both follow the chain, as where one silo has not yet heard that the other has the grain.</summary>
    private static async Task<ISettlementGrain[]> Both(SettlementScene scene)
    {
        var twin = (await scene.Market.StartTwin()).GetGrain<ISettlementGrain>(MarketLimits.SettlementKey);
        await twin.Follow(Authority.Silo);
        return [scene.Grain, twin];
    }

    /// <param name="isAtOnce">All are made before one has an answer.</param>
    /// <param name="seed">Says which is made first.</param>
    /// <param name="calls">Two.</param>
    private static async Task<Exception?[]> Each(bool isAtOnce, ulong seed, Func<Task>[] calls)
    {
        var answers = new Task<Exception?>[2];
        var first = (int)(seed % 2);
        foreach (var index in (int[])[first, 1 - first])
        {
            answers[index] = Record.ExceptionAsync(calls[index]).AsTask();
            await (isAtOnce ? Task.CompletedTask : answers[index]);
        }
        return await Task.WhenAll(answers);
    }

    /// <summary>What a client does that hears of another activation's write: it asks again.</summary>
    private static Task<ChainAccount> Ask(SettlementScene scene, string name, Secp256k1PrivateKey key, ISettlementGrain? at = null) =>
        LostWrites.Resend(() => scene.Bind(name, key, at: at));

    private static async Task Refused(Func<Task> bind) =>
        Assert.Equal(ErrorCode.Forbidden, (await Assert.ThrowsAsync<MarketException>(bind)).Code);

    private static void Deposit(SettlementScene scene, Secp256k1PrivateKey[] keys, ulong amount)
    {
        foreach (var key in keys)
        {
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(key), amount));
        }
    }

    private static Secp256k1PrivateKey Key(byte number) => new([.. Enumerable.Repeat(number, Secp256k1PrivateKey.Size)]);
}
