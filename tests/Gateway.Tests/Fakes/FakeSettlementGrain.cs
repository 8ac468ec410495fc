using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Says how the fake market stands with its chain.</summary>
internal sealed class FakeSettlementGrain(FakeMarket market) : ISettlementGrain
{
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

    public Task<SettlementStatus> GetStatus() => Task.FromResult(market.Settlement ?? Nowhere);

    public Task Follow(Authority by) => throw new NotSupportedException();

    public Task<SettlementCollection?> GetCollection() => throw new NotSupportedException();

    public Task Vote(WorkerId worker, SettlementVote vote, Authority by) => throw new NotSupportedException();

    public Task<ReadOnlyMemory<byte>> GetFile(ulong number, int part) => throw new NotSupportedException();

    public Task<ChainAccount> Bind(Caller caller, EvmAddress owner, ReadOnlyMemory<byte> byAccount, ReadOnlyMemory<byte> byOwner) =>
        throw new NotSupportedException();

    public Task<ChainAccount?> FindAccount(AccountId account) => throw new NotSupportedException();
}
