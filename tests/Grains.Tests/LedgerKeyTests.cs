using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests;

/// <summary>Each key of an account is told to its ledger once, and its end once, whatever happens in between.</summary>
public sealed class LedgerKeyTests
{
    private static readonly LedgerName Name = LedgerName.Of(TestMarket.Id("client"));

    [Fact]
    public void KeysAndTheirEnds_StandInTheLedgerOfTheAccount() =>
        TestMarket.Run(async market =>
        {
            var first = await market.OpenAccount("client", spendLimit: 7);
            var second = await market.AddKey("client");
            await market.Account("client").RevokeKey(first.KeyId, null, Authority.Silo);
            await market.Account("client").RevokeKey(first.KeyId, null, Authority.Silo);

            Assert.Equal([$"created {first.KeyId}", $"created {second.KeyId}", $"revoked {first.KeyId}"], await Told(market));
            var created = (await market.Records(Name))[0].Operation.Subject;
            Assert.Equal(
                ["key", "name=test", "scope=read", "scope=submit", "scope=deploy", "scope=transfer", "spendLimit=7"],
                created.Select(word => word.Name == "key" ? "key" : $"{word.Name}={word.Value}")
            );
            await market.Verify(Name);
        });

    /// <summary>The process ends at each write in turn, of the account, the key, the reminder and the ledger.</summary>
    [Theory]
    [InlineData(nameof(WriteFate.CrashAfter))]
    [InlineData(nameof(WriteFate.Lost))]
    [InlineData(nameof(WriteFate.Unconfirmed))]
    public void WhateverWriteIsTheLast_WhatTheAccountHasIsWhatTheLedgerTells(string how)
    {
        var fate = Enum.Parse<WriteFate>(how);
        var hits = 0;
        for (var point = 0; point < 12; point++)
        {
            LedgerScene.Run(async market =>
            {
                var left = point;
                market.Store.OnWrite = _ => left-- == 0 ? fate : WriteFate.Done;
                var work = Work(market);
                await Task.WhenAny(work, Task.Delay(TimeSpan.FromSeconds(30), market.Time));
                hits += left < 0 ? 1 : 0;
                _ = work.Exception;
                market.Store.OnWrite = _ => WriteFate.Done;
                await market.CrashAndStart();
                await Task.Delay(3 * LedgerGrainPolicy.TellAgainAfter, market.Time);

                Assert.Equal(await Kept(market), (await Told(market)).Order(StringComparer.Ordinal));
                await market.Verify(Name);
            });
        }
        Assert.True(hits > 8, $"only {hits} writes were hit");

        static async Task Work(TestMarket market)
        {
            var first = await market.AddKey("client");
            await market.AddKey("client");
            await market.Account("client").RevokeKey(first.KeyId, null, Authority.Silo);
        }
    }

    [Fact]
    public void LedgerThatDoesNotAnswer_HoldsUpNoKey_AndHearsOfAllLater() =>
        TestMarket.Run(async market =>
        {
            var first = await market.AddKey("client");
            market.Store.OnWrite = name => name.StartsWith("ledger/", StringComparison.Ordinal) ? WriteFate.Lost : WriteFate.Done;
            var second = await market.AddKey("client");
            await market.Account("client").RevokeKey(first.KeyId, null, Authority.Silo);
            await Task.Delay(5 * LedgerGrainPolicy.TellAgainAfter, market.Time);
            Assert.Equal([$"created {first.KeyId}"], await Told(market));

            market.Store.OnWrite = _ => WriteFate.Done;
            await Task.Delay(2 * LedgerGrainPolicy.TellAgainAfter, market.Time);
            Assert.Equal([$"created {first.KeyId}", $"created {second.KeyId}", $"revoked {first.KeyId}"], await Told(market));
            // Nothing is left to do.
            var writes = market.Store.Writes;
            await Task.Delay(5 * LedgerGrainPolicy.TellAgainAfter, market.Time);
            Assert.Equal(writes, market.Store.Writes);
        });

    private static async Task<string[]> Told(TestMarket market) =>
        [
            .. (await market.Records(Name)).Select(record =>
                $"{record.Operation.Kind["key_".Length..]} {record.Operation.Subject.First(word => word.Name == "key").Value}"
            ),
        ];

    private static async Task<IEnumerable<string>> Kept(TestMarket market)
    {
        try
        {
            var keys = await market.Account("client").ListKeys();
            return keys.SelectMany(key =>
                    key.RevokedAt is null ? [$"created {key.Id}"] : new[] { $"created {key.Id}", $"revoked {key.Id}" }
                )
                .Order(StringComparer.Ordinal);
        }
        catch (MarketException absent) when (absent.Code == ErrorCode.AccountNotFound)
        {
            return [];
        }
    }
}
