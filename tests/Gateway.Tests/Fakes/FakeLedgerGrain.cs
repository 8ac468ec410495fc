using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Receipts.Tests;

namespace Marketplace.Tests.Gateway;

/// <summary>A ledger of four records; those of accounts are for the account.</summary>
internal sealed class FakeLedgerGrain(LedgerName name) : ILedgerGrain
{
    private readonly LedgerSamples _ledger = Four(name);

    public static LedgerSamples Four(LedgerName name)
    {
        var ledger = new LedgerSamples { Name = name };
        for (ulong number = 1; number <= 4; number++)
        {
            ledger.Add(LedgerSamples.MarketKey, 1, number, "later", []);
        }
        return ledger;
    }

    public Task<ReadOnlyMemory<byte>> GetHead(Caller caller)
    {
        Require(caller);
        return Task.FromResult<ReadOnlyMemory<byte>>(LedgerLines.ToJson(_ledger.Head()));
    }

    public Task<ImmutableArray<ReadOnlyMemory<byte>>> List(Caller caller, long from, int count)
    {
        Require(caller);
        var lines = _ledger.Records.Skip((int)from).Take(count).Select(record => (ReadOnlyMemory<byte>)LedgerLines.ToJson(record));
        return Task.FromResult<ImmutableArray<ReadOnlyMemory<byte>>>([.. lines]);
    }

    public Task<ReadOnlyMemory<byte>> Prove(Caller caller, long index, long? size) =>
        Proof(caller, index, size, all => MerkleLog.InclusionRanges((ulong)index, all));

    public Task<ReadOnlyMemory<byte>> ProveBeginning(Caller caller, long from, long? to) =>
        Proof(caller, from, to, all => MerkleLog.ConsistencyRanges((ulong)from, all));

    public Task Append(ImmutableArray<LedgerChange> changes, Authority by) => throw new NotSupportedException();

    public Task<LedgerPlace> AppendSigned(LedgerStatement statement, Authority by) => throw new NotSupportedException();

    public Task<LedgerNewest?> FindNewest(string kind) => throw new NotSupportedException();

    private Task<ReadOnlyMemory<byte>> Proof(Caller caller, long from, long? size, Func<ulong, IReadOnlyList<MerkleRange>> ranges)
    {
        Require(caller);
        var all = size ?? _ledger.Records.Count;
        if (from > all || all > _ledger.Records.Count)
        {
            throw new MarketException(ErrorCode.LimitExceeded, $"There are {_ledger.Records.Count} records.");
        }
        var leaves = _ledger.Records.Select(record => record.Hash()).ToArray();
        var proof = new LedgerProof
        {
            From = (ulong)from,
            Size = (ulong)all,
            Hashes = [.. ranges((ulong)all).Select(range => new MerkleBatch(leaves.AsSpan((int)range.First, (int)range.Count)).Root)],
        };
        return Task.FromResult<ReadOnlyMemory<byte>>(LedgerLines.ToJson(proof));
    }

    private void Require(Caller caller)
    {
        if (name.Scope == LedgerScope.Account && name.Owner != caller.Account.Value)
        {
            throw new MarketException(ErrorCode.Forbidden, "It is another account's.");
        }
    }
}
