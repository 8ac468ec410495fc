using System.Collections.Immutable;
using Marketplace.Chain;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// What the chain says comes into the books. Events only tell whose deposits to look at; what they are is read from the escrow as it was at
/// the block that counts. So an event that is seen twice or in another block changes nothing, and after a reorganisation that
/// went deeper than was waited for, all accounts, members and slashed members are looked at again; that they are to be is durable.
/// </summary>
internal sealed partial class SettlementGrain
{
    private async Task Count(ChainBlock counted, CancellationToken cancellation)
    {
        var registry = new ChainMembers(_chain!, _chainTerms!);
        await ForgetLostBlocks(cancellation);
        while (State.Counted < counted.Number)
        {
            var from = State.Trail.IsEmpty ? _chainTerms!.CreatedIn : State.Counted + 1;
            var last = Math.Min(counted.Number, from + SettlementPolicy.BlocksAtOnceMax - 1);
            var to = last == counted.Number ? counted : await RequireBlock(last, cancellation);
            var events = await _chain!.ReadEvents(from, to, cancellation);
            await TakeBalances([.. events.OfType<AccountTouched>().Select(happened => happened.Owner).Distinct()], to, cancellation);
            foreach (var slashed in events.OfType<MemberSlashed>())
            {
                await _losses.Take(slashed);
            }
            var members = await registry.With(State.Members, events, counted, cancellation);
            var isTouched = ChainMembers.Touches(events);
            // What nothing has touched is as it was, unless it was in doubt or of another epoch before.
            var areKnown = !isTouched && !State.IsInDoubt && State.StakesOf == _chainTerms!.EpochAt(to.Time);
            await Write(
                State with
                {
                    Trail = [.. State.Trail.TakeLast(SettlementPolicy.TrailMax - 1), to],
                    Members = members,
                    StakesOf = isTouched ? null : State.StakesOf,
                    CoveredUntil = areKnown ? CoveredFrom(to) : State.CoveredUntil,
                }
            );
        }
        if (State.IsInDoubt)
        {
            await TakeBalances([.. _accounts.All.Select(account => account.Owner)], counted, cancellation);
            await DiscoverMembers(registry, counted, cancellation);
        }
        else if (State.StakesOf != _chainTerms!.EpochAt(counted.Time))
        {
            await WeighMembers(registry, counted, cancellation);
        }
        // What an account did not have at the last step, it may have now.
        foreach (var account in _accounts.All.Where(account => account.Booked != account.Deposited - account.Requested).ToArray())
        {
            await _accounts.Reconcile(account.Owner);
        }
        await _losses.Reconcile();
    }

    private async Task WeighMembers(ChainMembers registry, ChainBlock counted, CancellationToken cancellation)
    {
        var (serving, lack) = await registry.Weigh(State.Members, counted, cancellation);
        if (lack is not null)
        {
            await DiscoverMembers(registry, counted, cancellation);
            return;
        }
        await Write(WithStakes(serving, counted));
    }

    private SettlementState WithStakes(ImmutableArray<KnownMember> serving, ChainBlock counted) =>
        State with
        {
            Members = serving,
            StakesOf = _chainTerms!.EpochAt(counted.Time),
            CoveredUntil = CoveredFrom(counted),
        };

    /// <summary>
    /// A stake that was there in this block is taken back after it, and so can be slashed until the unbonding delay after it. Where the
    /// chain's clock is ahead, this one counts, for it ends what members sign.
    /// </summary>
    private DateTimeOffset CoveredFrom(ChainBlock block)
    {
        var (now, at) = (_clock.GetUtcNow(), DateTimeOffset.FromUnixTimeSeconds((long)block.Time));
        return (at < now ? at : now) + EpochTerms.SigningOf(_chainTerms!.UnbondingDelay);
    }

    /// <summary>
    /// Asks the chain for all members and all that were slashed, from its beginning. What is known meanwhile, and until the registry
    /// agrees, are the stakes from before.
    /// </summary>
    private async Task DiscoverMembers(ChainMembers registry, ChainBlock counted, CancellationToken cancellation)
    {
        var (serving, lack, slashed) = await registry.Discover(counted, cancellation);
        if (lack is not null)
        {
            throw Waits(SettlementTrouble.Members, lack);
        }
        await _losses.Compare(slashed);
        await Write(WithStakes(serving, counted) with { IsInDoubt = false });
    }

    /// <summary>Blocks that the chain has no more, where it was reorganised deeper than is waited for.</summary>
    private async Task ForgetLostBlocks(CancellationToken cancellation)
    {
        var trail = State.Trail;
        while (!trail.IsEmpty && (await RequireBlock(trail[^1].Number, cancellation)).Hash != trail[^1].Hash)
        {
            trail = trail.RemoveAt(trail.Length - 1);
        }
        if (trail.Length == State.Trail.Length)
        {
            return;
        }
        LogReorganised(State.Counted, trail.IsEmpty ? 0 : trail[^1].Number, _terms.Confirmations);
        await Write(State with { Trail = trail, IsInDoubt = true });
    }

    private async Task TakeBalances(EvmAddress[] owners, ChainBlock at, CancellationToken cancellation)
    {
        foreach (var part in owners.Chunk(SettlementPolicy.AccountsAtOnceMax))
        {
            var balances = await _chain!.ReadBalances(part, at, cancellation);
            for (var index = 0; index < part.Length; index++)
            {
                await _accounts.Take(part[index], balances[index]);
                await _accounts.Reconcile(part[index]);
            }
        }
    }

    private Task<ChainBlock> RequireBlock(ulong number, CancellationToken cancellation) =>
        new ChainMembers(_chain!, _chainTerms!).RequireBlock(number, cancellation);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The chain was reorganised: blocks up to {Counted} were counted, now only those up to {Common} are the same. All "
            + "deposits are compared again; what was spent of lost ones is the accounts' debt. {Confirmations} blocks are too few to wait "
            + "for on this chain"
    )]
    private partial void LogReorganised(ulong counted, ulong common, int confirmations);
}
