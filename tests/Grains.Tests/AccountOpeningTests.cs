using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>Owners of key pairs get API keys of their accounts, each challenge once, and strangers get nothing.</summary>
public sealed class AccountOpeningTests : IDisposable
{
    private readonly TestOwner _owner = new(2);
    private readonly TestOwner _stranger = new(3);

    public void Dispose()
    {
        _owner.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public void SignedChallenge_OpensTheAccountAtZero_WithAKeyThatWorks() =>
        Run(
            async (market, account) =>
            {
                var created = await account.Open(_owner.Prove(Now(market)), mayBeFirst: true, Authority.Gateway);

                Assert.True(ApiKey.TryParse(created.Key, out var key));
                var caller = await market.Grains.GetGrain<IKeyGrain>(key.Id).Verify(key.SecretHash);
                Assert.Equal(new Caller(_owner.Account, key.Id, Scopes.Read | Scopes.Submit | Scopes.Transfer), caller);
                Assert.Equal(TokenAmount.Zero, (await account.Get()).Available);
            }
        );

    [Fact]
    public void Challenge_GivesOneKey_HoweverOftenAndWhereverItIsSent() =>
        Run(
            async (market, account) =>
            {
                var proof = _owner.Prove(Now(market));
                var twin = (await market.StartTwin()).GetGrain<IAccountGrain>(_owner.Account.ToString());
                var answers = await Task.WhenAll(
                    Enumerable
                        .Range(0, 8)
                        .Select(number => Try(() => (number % 2 == 0 ? account : twin).Open(proof, true, Authority.Gateway)))
                );
                Assert.Single(answers, answer => answer is null);
                await market.Restart();
                await Refused(ErrorCode.ChallengeRefused, () => Account(market).Open(proof, true, Authority.Gateway));

                Assert.Single(await Account(market).ListKeys());
            }
        );

    [Fact]
    public void ChallengeOlderThanOneThatWasUsed_IsUsed_AndALaterOneGivesAnotherKey() =>
        Run(
            async (market, account) =>
            {
                var (first, second, third) = (
                    _owner.Prove(Now(market)),
                    _owner.Prove(Now(market).AddTicks(1)),
                    _owner.Prove(Now(market).AddTicks(2))
                );
                await account.Open(second, true, Authority.Gateway);
                await Refused(ErrorCode.ChallengeRefused, () => account.Open(first, true, Authority.Gateway));
                await account.Open(third, mayBeFirst: false, Authority.Gateway);

                Assert.Equal(2, (await account.ListKeys()).Length);
            }
        );

    [Fact]
    public void WhatWasNotSigned_IsRefused_AndOpensNothing() =>
        Run(
            async (market, account) =>
            {
                var now = Now(market);
                var proof = _owner.Prove(now);
                using var elsewhere = new MarketIdentity(new Ed25519KeyPair(Enumerable.Repeat((byte)9, Ed25519.SeedSize).ToArray()));
                (ErrorCode Code, OwnerProof Proof)[] wrong =
                [
                    (ErrorCode.ChallengeRefused, _stranger.Prove(now)),
                    (ErrorCode.ChallengeRefused, _owner.Prove(now, market: elsewhere)),
                    (ErrorCode.ChallengeRefused, proof with { Challenge = [] }),
                    (ErrorCode.ChallengeRefused, proof with { Challenge = [.. proof.Challenge, 0] }),
                    (ErrorCode.ChallengeRefused, proof with { Challenge = proof.Challenge.SetItem(0, 9) }),
                    (ErrorCode.SignatureRefused, proof with { Challenge = _owner.Prove(now.AddTicks(1)).Challenge }),
                    (ErrorCode.SignatureRefused, proof with { Signature = [] }),
                    (ErrorCode.SignatureRefused, proof with { Signature = proof.Signature.SetItem(5, (byte)(proof.Signature[5] ^ 1)) }),
                    (ErrorCode.SignatureRefused, proof with { Request = proof.Request with { Name = "other" } }),
                    (ErrorCode.SignatureRefused, proof with { Request = proof.Request with { Scopes = Scopes.Deploy } }),
                    (ErrorCode.SignatureRefused, proof with { Request = proof.Request with { SpendLimit = new TokenAmount(1) } }),
                    (ErrorCode.SignatureRefused, proof with { RevokeOthers = true }),
                    (ErrorCode.Forbidden, _owner.Prove(now, scopes: Scopes.Read | Scopes.Admin)),
                    (ErrorCode.MalformedRequest, _owner.Prove(now, scopes: Scopes.None)),
                    (ErrorCode.LimitExceeded, _owner.Prove(now, name: "")),
                ];
                foreach (var (code, request) in wrong)
                {
                    await Refused(code, () => account.Open(request, true, Authority.Gateway));
                }
                await Refused(ErrorCode.Forbidden, () => account.Open(proof, true, Authority.Silo));

                await Refused(ErrorCode.AccountNotFound, account.Get);
            }
        );

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.ChallengeAge))]
    [TestsBound(typeof(AccountPolicy), nameof(AccountPolicy.ChallengeEarlyMax))]
    public void ChallengeAtTheEdgeOfItsTime_IsTaken_AndOneBeyondIsRefused() =>
        Run(
            async (market, account) =>
            {
                var now = Now(market);
                await Refused(
                    ErrorCode.ChallengeRefused,
                    () => account.Open(_owner.Prove(now - MarketLimits.ChallengeAge - TimeSpan.FromTicks(1)), true, Authority.Gateway)
                );
                await Refused(
                    ErrorCode.ChallengeRefused,
                    () => account.Open(_owner.Prove(now + AccountPolicy.ChallengeEarlyMax + TimeSpan.FromTicks(1)), true, Authority.Gateway)
                );
                await account.Open(_owner.Prove(now - MarketLimits.ChallengeAge), true, Authority.Gateway);
                await account.Open(_owner.Prove(now + AccountPolicy.ChallengeEarlyMax), true, Authority.Gateway);
            }
        );

    [Fact]
    public void OwnerWhoLostAKey_EndsAllOthersWithTheNewOne() =>
        Run(
            async (market, account) =>
            {
                var lost = await account.Open(_owner.Prove(Now(market)), true, Authority.Gateway);
                var next = await account.Open(_owner.Prove(Now(market).AddTicks(1), revokeOthers: true), false, Authority.Gateway);

                Assert.True(ApiKey.TryParse(lost.Key, out var key));
                Assert.Null(await market.Grains.GetGrain<IKeyGrain>(key.Id).Verify(key.SecretHash));
                Assert.Equal(next.View.Id, Assert.Single(await account.ListKeys(), listed => listed.RevokedAt is null).Id);
            }
        );

    [Fact]
    public void OwnerWhoCanHaveNoFurtherKey_KeepsTheOthers() =>
        Run(
            async (market, account) =>
            {
                var then = Now(market);
                var ended = Enumerable
                    .Range(1, AccountPolicy.KeysEverMax - 1)
                    .SelectMany(number =>
                        new AccountEvent[]
                        {
                            new KeyCreated($"{number}", "old", Scopes.Read, null, then),
                            new KeyRevoked($"{number}", then),
                        }
                    );
                market.Disk.Append(
                    $"account/{_owner.Account}",
                    0,
                    [.. ended.Append(new KeyCreated("last", "last", Scopes.Read, null, then)).Select(AccountEventCodec.Write)]
                );

                await Refused(ErrorCode.TooManyKeys, () => account.Open(_owner.Prove(then, revokeOthers: true), true, Authority.Gateway));

                Assert.Equal("last", Assert.Single(await account.ListKeys(), key => key.RevokedAt is null).Id);
            }
        );

    [Fact]
    public void OwnerWithAsManyKeysAsAllowed_GetsOneByEndingTheOthers() =>
        Run(
            async (market, account) =>
            {
                var at = Now(market);
                for (var count = 0; count < AccountPolicy.KeysMax; count++)
                {
                    await account.Open(_owner.Prove(at = at.AddTicks(1)), true, Authority.Gateway);
                }
                await Refused(ErrorCode.TooManyKeys, () => account.Open(_owner.Prove(at.AddTicks(1)), true, Authority.Gateway));
                await account.Open(_owner.Prove(at.AddTicks(2), revokeOthers: true), true, Authority.Gateway);

                Assert.Single(await account.ListKeys(), key => key.RevokedAt is null);
            }
        );

    [Fact]
    public void WhereNoMoreAccountsMayBeOpened_ThoseWithoutAKeyAreRefused_AlsoIfTheyHaveMoney() =>
        Run(
            async (market, account) =>
            {
                await Refused(
                    ErrorCode.TooManyAccounts,
                    () => account.Open(_owner.Prove(Now(market)), mayBeFirst: false, Authority.Gateway)
                );
                await account.Credit("gift", new TokenAmount(7), null, Authority.Silo);
                var proof = _owner.Prove(Now(market));
                await Refused(ErrorCode.TooManyAccounts, () => account.Open(proof, mayBeFirst: false, Authority.Gateway));
                // The refusal used nothing up.
                await account.Open(proof, mayBeFirst: true, Authority.Gateway);

                Assert.Equal(new TokenAmount(7), (await account.Get()).Available);
            }
        );

    [Fact]
    public void AccountThatWasOnlyOpened_CostsLessThanAKibibyte() =>
        Run(
            async (market, account) =>
            {
                var proof = _owner.Prove(
                    Now(market),
                    name: new string('n', MarketLimits.NameBytesMax),
                    spendLimit: new TokenAmount(UInt128.MaxValue)
                );
                await account.Open(proof, true, Authority.Gateway);

                var logs = market.Disk.Streams.Sum(log => log.Key.Length + log.Value.Sum(entry => entry.Length));
                var documents = market.Disk.Documents.Sum(pair => $"{pair.Key}".Length + pair.Value.Content.Length);
                Assert.InRange(logs + documents, 1, 1024);
            }
        );

    private static DateTimeOffset Now(TestMarket market) => market.Time.GetUtcNow();

    private IAccountGrain Account(TestMarket market) => market.Grains.GetGrain<IAccountGrain>(_owner.Account.ToString());

    private static async Task<Exception?> Try(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);

    private void Run(Func<TestMarket, IAccountGrain, Task> scenario) =>
        TestMarket.Run(async market =>
        {
            await scenario(market, Account(market));
            Assert.Empty(AccountInvariants.Violations(DiskInvariants.Accounts(market.Disk)));
            market.IsMadeUp = true;
        });
}
