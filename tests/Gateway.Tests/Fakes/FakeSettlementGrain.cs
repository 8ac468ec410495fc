using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Tests.Gateway;

/// <summary>One settlement, whose file comes in parts of a few bytes.</summary>
internal sealed class FakeSettlementGrain(FakeMarket market) : ISettlementGrain
{
    private const int PartBytes = 100;

    public static SettlementFile File { get; } =
        SettlementFile.Of(
            new MarketDomain(Word(1), 31337, new EvmAddress([.. Enumerable.Repeat((byte)2, EvmAddress.Size)])),
            (Number: 3, Epoch: 7, ChainBlock: 100),
            TokenAmount.Zero,
            [],
            [Word(4), Word(5)]
        );

    public static SettlementStatus Nowhere { get; } =
        new()
        {
            ChainId = 0,
            Escrow = default,
            Head = 0,
            Counted = 0,
            Phase = SettlementPhase.Resting,
            Settled = 0,
            Past = [],
            Accounts = 0,
            Members = 0,
        };

    public Task Follow(Authority by) => throw new NotSupportedException();

    public Task<SettlementStatus> GetStatus() => Task.FromResult(market.Settlement ?? Nowhere);

    public Task<SettlementCollection?> GetCollection() => throw new NotSupportedException();

    public Task Vote(WorkerId worker, SettlementVote vote, Authority by) => throw new NotSupportedException();

    public Task<ChainStakeList> GetStakes() => throw new NotSupportedException();

    public Task<ReadOnlyMemory<byte>> GetFile(ulong number, int part)
    {
        if (number != File.Settlement.Number)
        {
            throw new MarketException(ErrorCode.SettlementNotFound, $"There is no settlement {number}.");
        }
        var json = File.ToJson();
        var from = Math.Min(part * PartBytes, json.Length);
        return Task.FromResult<ReadOnlyMemory<byte>>(json.AsMemory(from, Math.Min(PartBytes, json.Length - from)));
    }

    public Task<ChainAccount> Bind(Caller caller, EvmAddress owner, ReadOnlyMemory<byte> byAccount, ReadOnlyMemory<byte> byOwner)
    {
        RequireChain();
        market.Bindings.Add((caller, owner, byAccount, byOwner));
        return Task.FromResult(
            market.ChainAccount = new ChainAccount(
                Account: caller.Account,
                Owner: owner,
                Deposited: new TokenAmount(50),
                Booked: new TokenAmount(40),
                Requested: new TokenAmount(10),
                Claimed: new TokenAmount(7)
            )
        );
    }

    public Task<ChainAccount?> FindAccount(AccountId account)
    {
        RequireChain();
        return Task.FromResult(market.ChainAccount is { } known && known.Account == account ? known : null);
    }

    private void RequireChain()
    {
        if (market.Settlement is null)
        {
            throw new MarketException(ErrorCode.SettlementNotFound, "This market settles on no chain.");
        }
    }

    private static Bytes32 Word(byte value) => new([.. Enumerable.Repeat(value, Bytes32.Size)]);
}
