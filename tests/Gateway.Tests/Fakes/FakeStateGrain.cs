using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>A state of one key, <c>cafe</c>, at one root; imports are counted.</summary>
internal sealed class FakeStateGrain(FakeMarket market, ProgramId id) : IStateGrain
{
    public static readonly StateRoot Root = StateRoot.Parse(new string('7', 64));

    public Task<StateKeysView> ListFor(Caller caller, StateRoot? root, ReadOnlyMemory<byte> prefix, ReadOnlyMemory<byte>? after, int count)
    {
        Require(caller, root);
        ReadOnlyMemory<byte>[] keys = [new byte[] { 0xca, 0xfe }, "cafe"u8.ToArray()];
        return Task.FromResult(new StateKeysView(Root, 2, 30, [.. keys.Take(count)], count > 1));
    }

    public Task<StateProofView> Prove(Caller caller, StateRoot? root, ReadOnlyMemory<byte> key)
    {
        Require(caller, root);
        var isKnown = key.Span.SequenceEqual("cafe"u8);
        return Task.FromResult(new StateProofView(Root, "proof"u8.ToArray(), isKnown ? "value"u8.ToArray() : (ReadOnlyMemory<byte>?)null));
    }

    public Task<StateChunkView> Export(Caller caller, StateRoot? root, Bytes32? after)
    {
        Require(caller, root);
        return Task.FromResult(new StateChunkView(Root, "chunk"u8.ToArray(), after is null ? Root.Value : null));
    }

    public Task<StateImportView> Import(Caller caller, StateRoot root, ReadOnlyMemory<byte> chunk)
    {
        Require(caller, null);
        return chunk.Length == 0
            ? throw new MarketException(ErrorCode.StateNotEmpty, "It has had state.")
            : Task.FromResult(new StateImportView(root.Value, chunk.Length));
    }

    public Task<StateHead> Begin(JobId job) => throw new NotSupportedException();

    public Task<ReadOnlyMemory<byte>?> Read(StateRoot root, ReadOnlyMemory<byte> key) => throw new NotSupportedException();

    public Task<ImmutableArray<ReadOnlyMemory<byte>>> List(StateRoot root, ReadOnlyMemory<byte> prefix) =>
        throw new NotSupportedException();

    public Task<StateRoot> RootWith(StateRoot root, ImmutableArray<StateChange> changes) => throw new NotSupportedException();

    public Task<JobEnd?> Commit(JobId job, long height, StateRoot before, ImmutableArray<StateChange> changes, JobEnd end, Authority by) =>
        throw new NotSupportedException();

    public Task Acknowledge(JobId job, Authority by) => throw new NotSupportedException();

    private void Require(Caller caller, StateRoot? root)
    {
        market.ThrowFault();
        if (!market.Programs.TryGetValue(id, out var program) || program.Deployer != caller.Account)
        {
            throw new MarketException(ErrorCode.ProgramNotFound, $"This account has not deployed a program {id}.");
        }
        if (root is not null && root != Root)
        {
            throw new MarketException(ErrorCode.StateRootGone, "It is gone.");
        }
    }
}
