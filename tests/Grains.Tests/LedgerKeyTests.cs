using Marketplace.GrainHost.Reminders;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

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

    /// <summary>A store that takes one write of a reminder at a time, as documents do.</summary>
    [Fact]
    public void KeysThatAreMadeAndEndedTogether_ShareTheReminder_AndAreAllTold()
    {
        var reminders = new OneAtATime();
        TestMarket.Run(
            async market =>
            {
                var first = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => market.AddKey("client")));
                // While the reminder of the first ones comes and ends.
                for (var wait = 0; wait < 40; wait++)
                {
                    await Task.Delay(LedgerGrainPolicy.TellAgainAfter / 20, market.Time);
                    await Task.WhenAll(market.AddKey("client"), market.AddKey("client"));
                }
                await Task.WhenAll(first.Select(key => market.Account("client").RevokeKey(key.KeyId, null, Authority.Silo)));
                await Task.Delay(3 * LedgerGrainPolicy.TellAgainAfter, market.Time);

                Assert.Equal(await Kept(market), (await Told(market)).Order(StringComparer.Ordinal));
                Assert.Empty(await reminders.ReadAll(default));
            },
            register: services => services.AddSingleton<IReminderStore>(reminders)
        );
        Assert.InRange(reminders.Writes, 3, 90);
    }

    private sealed class OneAtATime : IReminderStore
    {
        private readonly MemoryReminderStore _inner = new();
        private bool _busy;

        public int Writes { get; private set; }

        public Task<IReadOnlyList<Reminder>> ReadAll(CancellationToken cancellationToken) => _inner.ReadAll(cancellationToken);

        public Task Put(Reminder reminder, CancellationToken cancellationToken) =>
            Alone(reminder.Name, () => _inner.Put(reminder, cancellationToken));

        public Task Remove(GrainId grain, string name, CancellationToken cancellationToken) =>
            Alone(name, () => _inner.Remove(grain, name, cancellationToken));

        private async Task Alone(string name, Func<Task> write)
        {
            if (name != LedgerGrainPolicy.TellReminder)
            {
                await write();
                return;
            }
            Assert.False(_busy, "Two writes of the reminder at a time.");
            (_busy, Writes) = (true, Writes + 1);
            await Task.Yield();
            await write();
            await Task.Yield();
            _busy = false;
        }
    }

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
