using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Testing;

namespace Marketplace.Chain.Tests.Markets;

/// <summary>What every chain promises a market: a simulated one, and the contracts on a real EVM.</summary>
public abstract class MarketChainTests
{
    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="depositMin">The least first deposit of an account.</param>
    private protected abstract Task<ChainBench> Start(ulong depositMin = 0);

    [Fact]
    public async Task Terms_AreThoseOfTheContracts()
    {
        await using var bench = await Start();

        var terms = await bench.Chain.ReadTerms(Cancellation);

        Assert.Equal((bench.Domain.ChainId, bench.Domain.Contract), (terms.ChainId, terms.Escrow));
        Assert.Equal((ChainBench.Market, (byte)6, "TKN", 3UL), (terms.Market, terms.Decimals, terms.Symbol, terms.CommitteeMin));
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromDays(7)), (terms.EpochLength, terms.ExitDelay));
        Assert.Equal(TimeSpan.FromDays(7), terms.UnbondingDelay);
        var created = await bench.Chain.FindBlock(terms.CreatedIn, Cancellation);
        Assert.Equal(0UL, terms.EpochAt(created!.Value.Time));
        var books = await bench.Chain.ReadBooks(await bench.Chain.ReadHead(Cancellation), Cancellation);
        Assert.Null(books.Last);
        Assert.False(books.IsClosed);
        Assert.Equal(created!.Value.Time, books.SettledAt);
    }

    /// <summary>What a market without accounts keeps its escrow open with.</summary>
    [Fact]
    public async Task SettlementWithoutRows_IsTaken_AndItsMomentIsTheLastOne()
    {
        await using var bench = await Start();
        await bench.Serve(100, 200, 300, 400);
        await bench.Mine();

        var sent = await bench.Send(ChainBench.Order(await bench.Make(1)));
        await bench.Mine();

        var inclusion = await bench.Chain.FindInclusion(sent.Hash, Cancellation);
        var books = await bench.Chain.ReadBooks(await bench.Chain.ReadHead(Cancellation), Cancellation);
        Assert.Equal((default, 1UL), (books.Last!.Accounts, books.Last.Number));
        Assert.Equal(inclusion!.Block.Time, books.SettledAt);
    }

    [Fact]
    public async Task DepositsAndRequests_AreReadAsOfABlock()
    {
        await using var bench = await Start();
        var owner = ChainBench.Owner(0x21);
        var address = EvmAddresses.Of(owner.PublicKey);
        var before = await bench.Chain.ReadHead(Cancellation);
        await bench.Deposit(owner, 700);
        var deposited = await bench.Chain.ReadHead(Cancellation);
        await bench.Deposit(owner, 50);
        await bench.Request(owner, 200);
        var head = await bench.Chain.ReadHead(Cancellation);

        var (first, second, last) = (await Balance(before), await Balance(deposited), await Balance(head));

        Assert.Equal(
            (0UL, 700UL, 750UL),
            ((ulong)first.Deposited.BaseUnits, (ulong)second.Deposited.BaseUnits, (ulong)last.Deposited.BaseUnits)
        );
        Assert.Equal((TokenAmount.Zero, new TokenAmount(200)), (second.Requested, last.Requested));
        Assert.Equal(head.Number, last.RequestedBlock);
        var events = await bench.Chain.ReadEvents(before.Number + 1, head, Cancellation);
        Assert.Equal(3, events.OfType<AccountTouched>().Count());
        Assert.All(events.OfType<AccountTouched>(), touched => Assert.Equal(address, touched.Owner));
        Assert.Equal(events.Select(happened => happened.Block).Order(), events.Select(happened => happened.Block));
        Assert.Single(await bench.Chain.ReadEvents(head.Number, head, Cancellation));

        async Task<ChainBalance> Balance(ChainBlock at) => (await bench.Chain.ReadBalances([address], at, Cancellation))[0];
    }

    [Fact]
    public async Task FirstDeposit_UnderTheLeast_IsRefused_AndALaterOneIsNot()
    {
        await using var bench = await Start(depositMin: 20);
        var owner = ChainBench.Owner(0x21);

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => bench.Deposit(owner, 19));

        Assert.True(refused is InvalidOperationException || refused.Message.Contains("DepositTooSmall(", StringComparison.Ordinal));
        Assert.Equal(TokenAmount.Zero, await Deposited());
        await bench.Deposit(owner, 20);
        await bench.Deposit(owner, 1);
        Assert.Equal(new TokenAmount(21), await Deposited());

        async Task<TokenAmount> Deposited()
        {
            var head = await bench.Chain.ReadHead(Cancellation);
            return (await bench.Chain.ReadBalances([EvmAddresses.Of(owner.PublicKey)], head, Cancellation))[0].Deposited;
        }
    }

    [Fact]
    public async Task Members_ServeFromTheNextEpochOn()
    {
        await using var bench = await Start();
        var began = await bench.Chain.ReadHead(Cancellation);
        await bench.Register(ChainBench.Owner(0x41), ChainBench.Worker(1), ChainBench.Member(1), 500);
        var head = await bench.Chain.ReadHead(Cancellation);
        var epoch = (await bench.Chain.ReadTerms(Cancellation)).EpochAt(head.Time);
        var member = Possession.MemberOf(ChainBench.Member(1).PublicKey);

        var registered = Assert.Single((await bench.Chain.ReadEvents(began.Number + 1, head, Cancellation)).OfType<MemberRegistered>());

        Assert.Equal(
            (member, ChainBench.Worker(1), ChainBench.Member(1).PublicKey),
            (registered.Member, registered.Worker, registered.Key)
        );
        Assert.Equal([TokenAmount.Zero, TokenAmount.Zero], await bench.Chain.ReadWeights(epoch, [member, default], head, Cancellation));
        Assert.Equal([new TokenAmount(500)], await bench.Chain.ReadWeights(epoch + 1, [member], head, Cancellation));
    }

    [Fact]
    public async Task Stakes_AreReadAsOfABlock_AndEventsSayWhose()
    {
        await using var bench = await Start();
        await bench.Serve(300, 200, 100, 400);
        var before = await bench.Chain.ReadHead(Cancellation);
        var (harmed, job) = (new AccountId(ChainBench.Worker(7).Value), new JobId(ChainBench.Worker(8).Value));
        await bench.Increase(ChainBench.Owner(0x51), ChainBench.Member(1), 50);
        await bench.Unbond(ChainBench.Owner(0x42), ChainBench.Member(2));
        await bench.Slash(ChainBench.Member(3), harmed, job);
        await bench.Mine();
        var head = await bench.Chain.ReadHead(Cancellation);
        var epoch = (await bench.Chain.ReadTerms(Cancellation)).EpochAt(head.Time);
        Bytes32[] members = [.. ((byte[])[1, 2, 3, 4]).Select(number => Possession.MemberOf(ChainBench.Member(number).PublicKey))];

        var events = await bench.Chain.ReadEvents(before.Number + 1, head, Cancellation);

        Assert.Equal(members[..2], events.OfType<StakeTouched>().Select(touched => touched.Member));
        var slashed = Assert.Single(events.OfType<MemberSlashed>());
        Assert.Equal((members[2], harmed, job, new TokenAmount(90)), (slashed.Member, slashed.Harmed, slashed.Job, slashed.Amount));
        var books = await bench.Chain.ReadBooks(head, Cancellation);
        Assert.Equal(slashed.Amount, books.Compensated);
        // What changes in an epoch counts from the next one on.
        Assert.Equal([300, 200, 100, 400], await Weights(epoch));
        Assert.Equal([350, 0, 0, 400], await Weights(epoch + 1));
        Assert.Equal(new ChainCommittee(4, new TokenAmount(1_000)), await bench.Chain.ReadCommittee(epoch, head, Cancellation));
        Assert.Equal(new ChainCommittee(2, new TokenAmount(750)), await bench.Chain.ReadCommittee(epoch + 1, head, Cancellation));
        Assert.Equal(new ChainCommittee(0, TokenAmount.Zero), await bench.Chain.ReadCommittee(0, head, Cancellation));
        var known = await bench.Chain.ReadMembers([members[2], job.Value, members[0]], head, Cancellation);
        Assert.Null(known[1]);
        Assert.Equal(new ChainMember(ChainBench.Worker(3), ChainBench.Member(3).PublicKey), known[0]);
        Assert.Equal(new ChainMember(ChainBench.Worker(1), ChainBench.Member(1).PublicKey), known[2]);
        Assert.Null(Assert.Single(await bench.Chain.ReadMembers([members[0]], await Created(bench), Cancellation)));

        async Task<IEnumerable<int>> Weights(ulong of) =>
            (await bench.Chain.ReadWeights(of, members, head, Cancellation)).Select(weight => (int)weight.BaseUnits);
    }

    [Fact]
    public async Task Settlement_IsTakenOnce_AndPaysWhatItSays()
    {
        await using var bench = await Start();
        await bench.Serve(100, 200, 300, 400);
        var (client, worker) = (ChainBench.Owner(0x21), ChainBench.Owner(0x22));
        await bench.Deposit(client, 1_000);
        await bench.Request(client, 300);
        await bench.Mine();
        var (paid, earned) = (Totals(client, 0, 600, 100), Totals(worker, 600, 0, 0));
        var file = await bench.Make(1, paid, earned);

        var sent = await bench.Send(ChainBench.Order(file, absent: 2));
        await bench.Mine();

        var head = await bench.Chain.ReadHead(Cancellation);
        Assert.Equal(file.Settlement, (await bench.Chain.ReadBooks(head, Cancellation)).Last);
        var inclusion = await bench.Chain.FindInclusion(sent.Hash, Cancellation);
        Assert.True(inclusion!.HasSucceeded);
        Assert.Equal(inclusion.Block, await bench.Chain.FindBlock(inclusion.Block.Number, Cancellation));
        await bench.Claim(earned, file.Find(earned.Owner)!.Value.Path);
        await bench.Withdraw(paid, file.Find(paid.Owner)!.Value.Path);
        var balances = await bench.Chain.ReadBalances([paid.Owner, earned.Owner], await bench.Chain.ReadHead(Cancellation), Cancellation);
        Assert.Equal((new TokenAmount(300), TokenAmount.Zero), (balances[0].Withdrawn, balances[0].Requested));
        Assert.Equal(new TokenAmount(600), balances[1].Claimed);
        // The same again, as another transaction, is reverted.
        var again = await bench.Send(ChainBench.Order(file, absent: 2));
        await bench.Mine();
        Assert.False((await bench.Chain.FindInclusion(again.Hash, Cancellation))!.HasSucceeded);
    }

    [Fact]
    public async Task SettlementWithoutTwoThirds_OrOfAnotherMarket_IsReverted()
    {
        await using var bench = await Start();
        await bench.Serve(100, 200, 300, 400);
        await bench.Mine();
        var file = await bench.Make(1);
        var foreign = file with { Domain = bench.Domain with { ChainId = 1 } };
        var other = file with { Settlement = file.Settlement with { Accounts = file.Settlement.Hash() } };
        SettlementOrder[] orders =
        [
            ChainBench.Order(file, 4),
            ChainBench.Order(foreign),
            ChainBench.Order(file) with
            {
                Absentees = [Possession.MemberOf(ChainBench.Member(1).PublicKey)],
            },
            ChainBench.Order(file) with
            {
                Settlement = other.Settlement,
            },
        ];

        foreach (var order in orders)
        {
            var sent = await bench.Send(order);
            await bench.Mine();
            Assert.False((await bench.Chain.FindInclusion(sent.Hash, Cancellation))!.HasSucceeded);
        }
        var good = await bench.Send(ChainBench.Order(file, 1, 2));
        await bench.Mine();

        Assert.True((await bench.Chain.FindInclusion(good.Hash, Cancellation))!.HasSucceeded);
        Assert.Equal(
            (ulong)orders.Length + 1,
            (await bench.Chain.ReadNonce(await bench.Chain.ReadHead(Cancellation), Cancellation)) - await FirstNonce(bench)
        );
    }

    [Fact]
    public async Task BlocksThatAreReorganised_AreNotBelieved()
    {
        await using var bench = await Start();
        await bench.Mine();
        var owner = ChainBench.Owner(0x21);
        var address = EvmAddresses.Of(owner.PublicKey);
        var kept = await bench.Chain.ReadHead(Cancellation);
        await bench.Deposit(owner, 700);
        var lost = await bench.Chain.ReadHead(Cancellation);

        await bench.Reorganise((int)(lost.Number - kept.Number));

        Assert.NotEqual(lost.Hash, (await bench.Chain.FindBlock(lost.Number, Cancellation))?.Hash);
        Assert.Equal(kept, await bench.Chain.FindBlock(kept.Number, Cancellation));
        await Assert.ThrowsAsync<ChainException>(() => bench.Chain.ReadEvents(kept.Number, lost, Cancellation));
        await Assert.ThrowsAsync<ChainException>(() => bench.Chain.ReadBalances([address], lost, Cancellation));
        var head = await bench.Chain.ReadHead(Cancellation);
        Assert.Equal(TokenAmount.Zero, (await bench.Chain.ReadBalances([address], head, Cancellation))[0].Deposited);
        Assert.Empty(await bench.Chain.ReadEvents(kept.Number + 1, head, Cancellation));
    }

    private static AccountTotals Totals(Secp256k1PrivateKey owner, ulong earned, ulong spent, ulong held) =>
        new(EvmAddresses.Of(owner.PublicKey), new TokenAmount(earned), new TokenAmount(spent), new TokenAmount(held));

    /// <summary>How many transactions the operator had made before the first settlement.</summary>
    private static async Task<ulong> FirstNonce(ChainBench bench)
    {
        return await bench.Chain.ReadNonce(await Created(bench), Cancellation);
    }

    private static async Task<ChainBlock> Created(ChainBench bench)
    {
        var terms = await bench.Chain.ReadTerms(Cancellation);
        return (await bench.Chain.FindBlock(terms.CreatedIn, Cancellation))!.Value;
    }
}

public sealed class SimulatedChainTests : MarketChainTests
{
    private protected override Task<ChainBench> Start(ulong depositMin = 0) => Task.FromResult<ChainBench>(new SimulatedBench(depositMin));
}

public sealed class EvmMarketChainTests : MarketChainTests
{
    // A thousand least first deposits are the least stake; without one it is that of the other tests' members.
    private protected override async Task<ChainBench> Start(ulong depositMin = 0) => await StartAnvil(Math.Max(1_000 * depositMin, 100));

    private static Task<AnvilBench> StartAnvil(ulong stakeMin = 100)
    {
        AnvilFixture.Require();
        return AnvilBench.Start(ChainBench.Market, stakeMin);
    }

    /// <summary>Of two transactions with one number a block has the dearer one, and the other is never there.</summary>
    [Fact]
    public async Task DearerTransaction_TakesThePlaceOfTheOther()
    {
        await using var bench = await StartAnvil();
        await bench.Serve(100, 200, 300, 400);
        await bench.Mine();
        await bench.StopMining();
        var file = await bench.Make(1);
        var order = ChainBench.Order(file);
        var fee = await bench.Chain.ReadFee(Cancellation);
        var nonce = await bench.Chain.ReadNonce(await bench.Chain.ReadHead(Cancellation), Cancellation);

        var cheap = await bench.Send(order, fee, nonce);
        var dear = await bench.Send(order, new ChainFee(2 * fee.Most, 2 * fee.Tip), nonce);
        await bench.Mine();

        Assert.Null(await bench.Chain.FindInclusion(cheap.Hash, Cancellation));
        Assert.True((await bench.Chain.FindInclusion(dear.Hash, Cancellation))!.HasSucceeded);
    }

    [Fact]
    public async Task AddressWithoutTheContracts_IsRefused()
    {
        await using var bench = await StartAnvil();
        var terms = await bench.Chain.ReadTerms(Cancellation);

        var refused = await Assert.ThrowsAsync<ChainException>(() => bench.At(terms.Token).ReadTerms(Cancellation));

        Assert.Contains("is not the Escrow of this build", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<ChainException>(() => bench.At(default).ReadTerms(Cancellation));
        Assert.Contains("has no contract at", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherRegistryThanTheEscrowsOwn_IsRefused()
    {
        await using var bench = await StartAnvil();
        var own = (await bench.Chain.ReadTerms(Cancellation)).Registry;
        // A registry of the same code, where an attacker's members serve.
        var other = (await bench.At(await bench.DeployEscrow()).ReadTerms(Cancellation)).Registry;
        var lying = new EvmMarketChain(LyingRpc.Of(bench.Rpc, own, other), bench.Domain.Contract, key: null);

        var refused = await Assert.ThrowsAsync<ChainException>(() => lying.ReadTerms(Cancellation));

        Assert.Contains($"is said to have registry {other}; it has created {own}", refused.Message, StringComparison.Ordinal);
    }
}
