using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>How a market's epochs follow each other, by receipts/COMMITTEE.md. Pure.</summary>
/// <param name="market">Signs lists and randomness.</param>
/// <param name="domain">What they are signed for.</param>
/// <param name="terms">What the operator chose.</param>
internal sealed class EpochRules(MarketIdentity market, MarketDomain domain, EpochTerms terms)
{
    public MarketDomain Domain { get; } = domain;

    /// <summary>
    /// Fixes who may become a member in the next epoch. A stake counts up to <see cref="EpochPolicy.WeightRatioMax"/> times the least of
    /// the list, so in the market's own books, where all have the same, each counts once.
    /// </summary>
    /// <param name="state">Nothing is collected in it.</param>
    /// <param name="eligible">Ascending by worker; nobody without a stake.</param>
    /// <param name="signsUntil">See <see cref="EpochList.SignsUntil"/>.</param>
    public EpochsState Fix(EpochsState state, IReadOnlyCollection<StakedKey> eligible, DateTimeOffset? signsUntil)
    {
        ImmutableArray<RosterMember> members = [.. WeightsOf(eligible)];
        var digest = EpochRandomness.OfEligible(Domain, state.Next, Members(members));
        var list = new EpochList(state.Next, members, market.Sign(digest.ToArray())) { SignsUntil = signsUntil };
        return state with { Collected = list };
    }

    /// <summary>What each of them weighs.</summary>
    public static IEnumerable<RosterMember> WeightsOf(IReadOnlyCollection<StakedKey> eligible)
    {
        var least = eligible.Aggregate(new TokenAmount(UInt128.MaxValue), (least, staked) => TokenAmount.Min(least, staked.Stake));
        var most =
            least.BaseUnits > UInt128.MaxValue / EpochPolicy.WeightRatioMax
                ? new TokenAmount(UInt128.MaxValue)
                : least * EpochPolicy.WeightRatioMax;
        return eligible.Select(staked => new RosterMember(staked.Worker, staked.Key, TokenAmount.Min(staked.Stake, most)));
    }

    /// <summary>What each of a list is asked for.</summary>
    public static ShareRequest RequestOf(EpochList list) => new(list.Epoch, CommitteeMember.HashOf(Members(list.Members)));

    /// <summary>What a share of a list signs.</summary>
    public byte[] DigestOf(ShareRequest request) => EpochRandomness.OfShare(Domain, request.Epoch, request.Eligible).ToArray();

    /// <summary>
    /// Closes the shares of what is collected. With enough of them the epoch begins; else the one before goes on, and this one is over.
    /// </summary>
    /// <param name="state">A list is fixed in it.</param>
    /// <param name="shares">By worker; each was verified.</param>
    /// <param name="now">The moment.</param>
    public EpochsState Close(EpochsState state, IReadOnlyDictionary<WorkerId, ReadOnlyMemory<byte>> shares, DateTimeOffset now)
    {
        var list = state.Collected!;
        ImmutableArray<ReadOnlyMemory<byte>> given = [.. list.Members.Select(member => shares.GetValueOrDefault(member.Worker))];
        var randomness = EpochRandomness.Mix(Domain, list.Epoch, Members(list.Members), Texts(given));
        var closed = new DrawnEpoch(
            List: list,
            Shares: given,
            Signature: market.Sign(randomness.ToArray()),
            At: now,
            Until: now + terms.Length
        );
        var past = new PastEpoch(list.Epoch, now, list.Members.Length, closed.Given, closed.IsDrawn);
        return new EpochsState
        {
            Running = closed.IsDrawn ? closed : state.Running,
            Last = closed,
            Past = [.. state.Past.Append(past).TakeLast(EpochPolicy.KeptMax)],
        };
    }

    /// <summary>All that gave a share, in the order of the draw.</summary>
    public EpochRoster RosterOf(DrawnEpoch epoch)
    {
        var members = epoch.List.Members;
        var drawn = EpochRandomness.Committee(Domain, epoch.List.Epoch, Members(members), Texts(epoch.Shares), members.Length);
        var known = members.ToDictionary(member => member.Worker);
        return new EpochRoster(epoch.List.Epoch, [.. drawn.Select(member => known[member.Worker])], epoch.Until, epoch.List.SignsUntil);
    }

    public EpochFile FileOf(DrawnEpoch epoch) =>
        new()
        {
            Format = EpochFile.FormatName,
            Domain = Domain,
            Epoch = epoch.List.Epoch,
            Members = Members(epoch.List.Members),
            MembersSignature = Convert.ToHexStringLower(epoch.List.Signature.Span),
            Shares = [.. Texts(epoch.Shares).Select(share => share ?? "")],
            RandomnessSignature = Convert.ToHexStringLower(epoch.Signature.Span),
        };

    private static IReadOnlyList<CommitteeMember> Members(ImmutableArray<RosterMember> members) => [.. members.Select(Committee.ToMember)];

    private static string?[] Texts(ImmutableArray<ReadOnlyMemory<byte>> shares) =>
        [.. shares.Select(share => share.IsEmpty ? null : Convert.ToHexStringLower(share.Span))];
}
