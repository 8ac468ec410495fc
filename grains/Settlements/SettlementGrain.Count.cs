using Marketplace.Chain;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// What the chain says comes into the books. Events only tell whose deposits to look at; what they are is read from the escrow as it was at
/// the block that counts. So an event that is seen twice or in another block changes nothing, and after a reorganisation that
/// went deeper than was waited for, all accounts are looked at again.
/// </summary>
internal sealed partial class SettlementGrain
{
    private async Task Count(ChainBlock counted, CancellationToken cancellation)
    {
        var isReorganised = await ForgetLostBlocks(cancellation);
        HashSet<EvmAddress> touched = isReorganised ? [.. _accounts.All.Select(account => account.Owner)] : [];
        while (State.Counted < counted.Number)
        {
            var from = State.Trail.IsEmpty ? _chainTerms!.CreatedIn : State.Counted + 1;
            var last = Math.Min(counted.Number, from + SettlementPolicy.BlocksAtOnceMax - 1);
            var to = last == counted.Number ? counted : await RequireBlock(last, cancellation);
            var events = await _chain!.ReadEvents(from, to, cancellation);
            touched.UnionWith(events.OfType<AccountTouched>().Select(happened => happened.Owner));
            await TakeBalances([.. touched], to, cancellation);
            touched.Clear();
            var joined = events
                .OfType<MemberRegistered>()
                .Select(happened => new KnownMember(happened.Block, happened.Worker, happened.Key))
                .ToArray();
            if (State.Members.Length + joined.Length > SettlementPolicy.MembersMax)
            {
                throw Waits(
                    $"{State.Members.Length + joined.Length} members are registered on the chain; {SettlementPolicy.MembersMax} can be. "
                        + "The least stake is too small for this chain."
                );
            }
            await Write(
                State with
                {
                    Trail = [.. State.Trail.TakeLast(SettlementPolicy.TrailMax - 1), to],
                    Members = [.. State.Members, .. joined.Where(member => State.Members.All(known => known.Id != member.Id))],
                }
            );
        }
        // What an account did not have at the last step, it may have now.
        foreach (var account in _accounts.All.Where(account => account.Booked != account.Deposited - account.Requested).ToArray())
        {
            await _accounts.Reconcile(account.Owner);
        }
    }

    /// <returns>Whether the chain was reorganised deeper than is waited for.</returns>
    private async Task<bool> ForgetLostBlocks(CancellationToken cancellation)
    {
        var trail = State.Trail;
        while (!trail.IsEmpty && await _chain!.FindBlock(trail[^1].Number, cancellation) is var block && block?.Hash != trail[^1].Hash)
        {
            trail = trail.RemoveAt(trail.Length - 1);
        }
        if (trail.Length == State.Trail.Length)
        {
            return false;
        }
        var common = trail.IsEmpty ? 0 : trail[^1].Number;
        LogReorganised(State.Counted, common, _terms.Confirmations);
        await Write(State with { Trail = trail, Members = [.. State.Members.Where(member => member.Block <= common)] });
        return true;
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

    private async Task<ChainBlock> RequireBlock(ulong number, CancellationToken cancellation) =>
        await _chain!.FindBlock(number, cancellation) ?? throw Waits($"The chain has no block {number} any more.");

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The chain was reorganised: blocks up to {Counted} were counted, now only those up to {Common} are the same. All "
            + "deposits are compared again; what was spent of lost ones is the accounts' debt. {Confirmations} blocks are too few to wait "
            + "for on this chain"
    )]
    private partial void LogReorganised(ulong counted, ulong common, int confirmations);
}
