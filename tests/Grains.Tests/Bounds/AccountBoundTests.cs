using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests.Bounds;

/// <summary>An account may have as much as its limits say, and not one more.</summary>
public sealed class AccountBoundTests
{
    private static readonly AccountId Account = TestMarket.Id("client");
    private static readonly AccountKey Key = new("key", "name", Scopes.Submit, null, DateTimeOffset.UnixEpoch);

    [Fact]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.OperationBytesMax))]
    public void OperationsId_MayHaveItsLimit() =>
        TestMarket.Run(async market =>
        {
            var now = market.Time.GetUtcNow();
            var longest = new string('x', AccountPolicy.OperationBytesMax);
            await market.Account("client").Credit(longest, new TokenAmount(1), now, Authority.Treasury);
            await Refused(
                ErrorCode.LimitExceeded,
                () => market.Account("client").Credit(longest + "x", new TokenAmount(1), now, Authority.Treasury)
            );
        });

    [Fact]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.UndatedCreditsMax))]
    public void CreditsWithoutAMoment_AreCountedForEver() =>
        TestMarket.Run(async market =>
        {
            await Seed(market, Many(AccountPolicy.UndatedCreditsMax - 1, name => new Credited(name, new TokenAmount(1), null, null)));

            await market.Account("client").Credit("last", new TokenAmount(1), at: null, Authority.Silo);
            await Refused(
                ErrorCode.LimitExceeded,
                () => market.Account("client").Credit("one more", new TokenAmount(1), at: null, Authority.Silo)
            );
            await market.Account("client").Credit("last", new TokenAmount(1), at: null, Authority.Silo);
        });

    [Fact]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.OperationsMax))]
    public void OperationsOfAMonth_AreCountedAndForgotten() =>
        TestMarket.Run(async market =>
        {
            var then = market.Time.GetUtcNow();
            await Seed(market, Many(AccountPolicy.OperationsMax - 1, name => new Credited(name, new TokenAmount(1), then, then)));

            await Credit("last", then);
            await Refused(ErrorCode.LimitExceeded, () => Credit("one more", then));
            await Credit("last", then);
            market.Clock.Set(AccountPolicy.OperationMemory + TimeSpan.FromTicks(1));
            // What is too old goes with the first event of a later moment: a hold, which is none of the operations.
            var caller = await market.AddKey("client");
            await market.Account("client").Hold(caller, [new HoldItem(IdDerivation.Job(Account, "job"), new TokenAmount(1))]);
            await Credit("one more", market.Time.GetUtcNow());

            Task Credit(string operation, DateTimeOffset at) =>
                market.Account("client").Credit(operation, new TokenAmount(1), at, Authority.Treasury);
        });

    [Fact]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.KeyOperationsMax))]
    public void TransfersAndHoldsOfAMonth_LeaveRoomForDeposits() =>
        TestMarket.Run(async market =>
        {
            await market.OpenAccount("payee", credit: 1);
            var (now, payee, key) = (market.Time.GetUtcNow(), TestMarket.Id("payee"), "mk0000000000000000");
            var caller = new Caller(Account, key, Scopes.Transfer | Scopes.Submit);
            var credit = new TokenAmount((UInt128)AccountPolicy.OperationsMax);
            await Seed(
                market,
                Enumerable
                    .Range(1, AccountPolicy.KeyOperationsMax - 1)
                    .SelectMany(number =>
                        new AccountEvent[]
                        {
                            new Transferred(
                                Request: $"{number}",
                                KeyId: key,
                                To: payee,
                                Sequence: number,
                                Amount: new TokenAmount(1),
                                At: now,
                                Noted: now
                            ),
                            new Delivered(payee, number),
                        }
                    )
                    .Prepend(new Credited("first", credit, null, null))
                    .Prepend(new KeyCreated(key, "key", Scopes.Transfer | Scopes.Submit, null, now))
            );
            market.IsMadeUp = true;
            await Transfer("last");
            await Refused(ErrorCode.LimitExceeded, () => Transfer("one more"));
            var stake = new HoldId(HoldPurpose.Stake, Account.Value);
            await Refused(ErrorCode.LimitExceeded, () => market.Account("client").SetAside(caller, stake, new TokenAmount(1), now));
            await Transfer("last");
            await market.Account("client").Credit("deposit", new TokenAmount(1), now, Authority.Treasury);

            Task Transfer(string request) =>
                market.Account("client").Transfer(caller, new TransferOrder(request, payee, new TokenAmount(1), now));
        });

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.CreditedMax))]
    public void CreditsOfAnAccount_AreBounded_SoThatNoSumOverflows() =>
        TestMarket.Run(async market =>
        {
            var (account, now) = (market.Account("client"), market.Time.GetUtcNow());
            var admin = await market.AddOperator();
            var most = MarketLimits.CreditedMax;
            await Refused(ErrorCode.LimitExceeded, () => account.Credit("a", most + new TokenAmount(1), null, Authority.Silo));
            await account.Credit("b", most - new TokenAmount(2), null, Authority.Silo);
            await account.Credit("c", new TokenAmount(1), now, Authority.Treasury);
            await account.Grant(admin, "d", new TokenAmount(1), now);
            await Refused(ErrorCode.LimitExceeded, () => account.Grant(admin, "e", new TokenAmount(1), now));
            await Refused(ErrorCode.LimitExceeded, () => account.Credit("f", new TokenAmount(UInt128.MaxValue), now, Authority.Treasury));
            await account.Grant(admin, "d", new TokenAmount(1), now);

            Assert.Equal(most, (await account.Get()).Available);
        });

    [Fact]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.KeysMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.NameBytesMax))]
    public void ValidKeys_AreBounded_AndARevokedOneMakesRoom() =>
        TestMarket.Run(async market =>
        {
            await market.OpenAccount("client");
            var name = new string('n', MarketLimits.NameBytesMax);
            var last = "";
            for (var number = 1; number < AccountPolicy.KeysMax; number++)
            {
                last = (await Create(name)).View.Id;
            }

            await Refused(ErrorCode.TooManyKeys, () => Create(name));
            await market.Account("client").RevokeKey(last, null, Authority.Silo);
            await Refused(ErrorCode.LimitExceeded, () => Create(name + "n"));
            await Create(name);

            Task<CreatedKey> Create(string name) =>
                market.Account("client").CreateKey(new KeyRequest(name, Scopes.Read, null), null, Authority.Silo);
        });

    [Fact]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.KeysEverMax))]
    public void KeysThatWereRevoked_AreRememberedUpToTheLimit() =>
        TestMarket.Run(async market =>
        {
            var then = market.Time.GetUtcNow();
            await Seed(
                market,
                Many(AccountPolicy.KeysEverMax - 1, name => name)
                    .SelectMany(name =>
                        new AccountEvent[] { new KeyCreated(name, name, Scopes.Read, null, then), new KeyRevoked(name, then) }
                    )
            );

            await market.AddKey("client");
            await Refused(ErrorCode.TooManyKeys, () => market.AddKey("client"));
        });

    [Fact]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.OpenJobsMax))]
    public void OpenJobs_AreBounded_AlsoWithinABatch()
    {
        var account = Rich();
        ImmutableArray<HoldItem> items =
        [
            .. Enumerable.Range(0, AccountPolicy.OpenJobsMax + 1).Select(number => new HoldItem(Job(number), new TokenAmount(1))),
        ];
        account.Apply(new Held(DateTimeOffset.UnixEpoch, Key.Id, items[..^2]));

        var (result, _, _) = AccountRules.Hold(account, Key, items[^2..], DateTimeOffset.UnixEpoch);

        Assert.Equal([HoldOutcome.Held, HoldOutcome.TooManyOpenJobs], result.Outcomes);
        // One that is held already is none more.
        Assert.Equal([HoldOutcome.AlreadyHeld], AccountRules.Hold(account, Key, items[..1], DateTimeOffset.UnixEpoch).Result.Outcomes);
    }

    [Fact]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.FundsMax))]
    public void HoldsForOtherPurposes_AreBounded()
    {
        var account = Rich();
        for (var number = 0; number < AccountPolicy.FundsMax; number++)
        {
            Assert.Null(AccountRules.Refusal(account, Key, new TokenAmount(1)));
            account.Apply(new FundsSetAside(Stake(number), Key.Id, new TokenAmount(1), DateTimeOffset.UnixEpoch));
        }

        Assert.Equal(HoldOutcome.TooManyHolds, AccountRules.Refusal(account, Key, new TokenAmount(1)));
    }

    [Fact]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.PayeesMax))]
    public void Payees_AreBounded()
    {
        var account = Rich();
        var at = DateTimeOffset.UnixEpoch;
        account.Apply(new FundsSetAside(Stake(1), Key.Id, new TokenAmount(1000), at));

        Assert.Equal(
            AccountPolicy.PayeesMax,
            AccountRules.SettleShared(account, Account, Shared(AccountPolicy.PayeesMax))?.Transfers.Length
        );
        var refused = Assert.Throws<MarketException>(() =>
            AccountRules.SettleShared(account, Account, Shared(AccountPolicy.PayeesMax + 1))
        );

        Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
        Assert.Contains($"{AccountPolicy.PayeesMax + 1} shares", refused.Message, StringComparison.Ordinal);

        SharedSettlement Shared(int payees) =>
            new(
                Stake(1),
                at,
                new TokenAmount(1000),
                [.. Enumerable.Range(0, payees).Select(number => new PayeeShare(TestMarket.Id($"payee {number}"), 1))],
                Account
            );
    }

    private static AccountState Rich()
    {
        var account = new AccountState();
        account.Apply(new Credited("much", new TokenAmount(10_000_000), null, null));
        account.Apply(new KeyCreated(Key.Id, "name", Scopes.Submit, null, DateTimeOffset.UnixEpoch));
        return account;
    }

    private static JobId Job(int number)
    {
        var id = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(id, number + 1);
        return new JobId(new Bytes32(id));
    }

    private static HoldId Stake(int number) => new(HoldPurpose.Stake, Job(number).Value);

    private static IEnumerable<TItem> Many<TItem>(int count, Func<string, TItem> make) =>
        Enumerable.Range(0, count).Select(number => make($"{number}"));

    /// <summary>An account with these events before its first activation.</summary>
    private static async Task Seed(TestMarket market, IEnumerable<AccountEvent> events)
    {
        await market.CrashAndStart();
        market.Disk.Append($"account/{Account}", 0, [.. events.Select(AccountEventCodec.Write)]);
    }

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);
}
