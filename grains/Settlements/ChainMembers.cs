using System.Collections.Immutable;
using System.Numerics;
using Marketplace.Chain;

namespace Marketplace.Grains;

/// <summary>
/// Who serves in the registry on the chain. Events only tell of whom to ask; what counts of a stake is read as of the block that counts,
/// and what was read is compared with the committees that the registry itself has summed up: a list that lacks a member is not believed.
/// </summary>
internal sealed class ChainMembers(IMarketChain chain, ChainTerms terms)
{
    /// <summary>Known members and those that the events tell of. Those without weight are still among them.</summary>
    public async Task<ImmutableArray<KnownMember>> With(
        ImmutableArray<KnownMember> members,
        IReadOnlyList<ChainEvent> events,
        ChainBlock counted,
        CancellationToken cancellation
    )
    {
        var known = members.ToDictionary(member => member.Id);
        foreach (var joined in Joined(events))
        {
            known.TryAdd(joined.Id, joined);
        }
        // A member that was forgotten stakes again.
        Bytes32[] back =
        [
            .. events.OfType<StakeTouched>().Select(touched => touched.Member).Distinct().Where(member => !known.ContainsKey(member)),
        ];
        if (back.Length > 0)
        {
            var found = await chain.ReadMembers(back, counted, cancellation);
            foreach (var member in found.OfType<ChainMember>().Select(member => new KnownMember(member.Worker, member.Key)))
            {
                known.TryAdd(member.Id, member);
            }
        }
        foreach (var member in events.OfType<MemberSlashed>().Select(slashed => slashed.Member).Where(known.ContainsKey))
        {
            // At once, and not when the stakes are read: the chain may fall silent before.
            known[member] = known[member] with
            {
                Stake = TokenAmount.Zero,
            };
        }
        return known.Count <= SettlementPolicy.MembersMax
            ? [.. known.Values]
            : RequireRoom((await Weigh(known.Values, counted, cancellation)).Serving);
    }

    /// <summary>
    /// Those with a weight in the epoch before the block's, whose settlements are taken still, in the block's, or in the next. What counts
    /// of a stake is what serves now and in the next epoch: what joins counts when it serves, and what leaves or is slashed counts no more.
    /// </summary>
    /// <returns>And what is wrong with them; null: they are all that the registry has.</returns>
    public async Task<(ImmutableArray<KnownMember> Serving, string? Lack)> Weigh(
        IEnumerable<KnownMember> members,
        ChainBlock counted,
        CancellationToken cancellation
    )
    {
        var known = members.ToArray();
        Bytes32[] ids = [.. known.Select(member => member.Id)];
        var running = terms.EpochAt(counted.Time);
        ulong[] epochs = running == 0 ? [running, running + 1] : [running, running + 1, running - 1];
        var weights = new IReadOnlyList<TokenAmount>[epochs.Length];
        string? lack = null;
        for (var index = 0; index < epochs.Length; index++)
        {
            weights[index] = await chain.ReadWeights(epochs[index], ids, counted, cancellation);
            var committee = await chain.ReadCommittee(epochs[index], counted, cancellation);
            lack ??= LackOf(epochs[index], weights[index], committee);
        }
        ImmutableArray<KnownMember> serving =
        [
            .. known
                .Select((member, index) => member with { Stake = TokenAmount.Min(weights[0][index], weights[1][index]) })
                .Where((_, index) => weights.Any(ofEpoch => !ofEpoch[index].IsZero)),
        ];
        return (serving, lack);
    }

    /// <summary>All that serve and all that were ever slashed, from the first block of the contracts on.</summary>
    public async Task<(ImmutableArray<KnownMember> Serving, string? Lack, IReadOnlyList<MemberSlashed> Slashed)> Discover(
        ChainBlock counted,
        CancellationToken cancellation
    )
    {
        var (members, slashed) = (ImmutableArray<KnownMember>.Empty, new List<MemberSlashed>());
        for (var from = terms.CreatedIn; from <= counted.Number; from += SettlementPolicy.BlocksAtOnceMax)
        {
            var last = Math.Min(counted.Number, from + SettlementPolicy.BlocksAtOnceMax - 1);
            var to = last == counted.Number ? counted : await RequireBlock(last, cancellation);
            var events = await chain.ReadEvents(from, to, cancellation);
            slashed.AddRange(events.OfType<MemberSlashed>());
            members = await With(members, events, counted, cancellation);
        }
        var (serving, lack) = await Weigh(members, counted, cancellation);
        return (RequireRoom(serving), lack, slashed);
    }

    /// <summary>
    /// A block that was there before. A chain that was reorganised has another one in its place; a node that has none is behind, or lies.
    /// </summary>
    public async Task<ChainBlock> RequireBlock(ulong number, CancellationToken cancellation) =>
        await chain.FindBlock(number, cancellation)
        ?? throw SettlementTroubles.Waits(
            SettlementTrouble.Behind,
            $"The chain has no block {number} now, and it was there before: the node is behind. Nothing is taken from it until it has it."
        );

    public static bool Touches(IReadOnlyList<ChainEvent> events) =>
        events.Any(happened => happened is MemberRegistered or StakeTouched or MemberSlashed);

    private static IEnumerable<KnownMember> Joined(IReadOnlyList<ChainEvent> events) =>
        events.OfType<MemberRegistered>().Select(joined => new KnownMember(joined.Worker, joined.Key));

    private static ImmutableArray<KnownMember> RequireRoom(ImmutableArray<KnownMember> serving) =>
        serving.Length <= SettlementPolicy.MembersMax
            ? serving
            : throw SettlementTroubles.Waits(
                SettlementTrouble.Members,
                $"{serving.Length} members serve on the chain in the last, the running and the next epoch; the registry of this build lets "
                    + $"in {SettlementPolicy.MembersMax} at most. Ask the nodes of another owner."
            );

    private static string? LackOf(ulong epoch, IReadOnlyList<TokenAmount> weights, ChainCommittee committee)
    {
        var serving = weights.Where(weight => !weight.IsZero).ToArray();
        var weight = serving.Aggregate(BigInteger.Zero, (sum, part) => sum + part.BaseUnits);
        return (ulong)serving.Length == committee.Members && weight == committee.Weight.BaseUnits
            ? null
            : $"The registry has {committee.Members} members with {committee.Weight} at stake in epoch {epoch}; its events tell of "
                + $"{serving.Length} with {weight}. A node leaves events out: ask the nodes of another owner.";
    }
}
