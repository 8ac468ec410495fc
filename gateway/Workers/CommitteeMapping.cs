using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Wire = Marketplace.Api.Workers;

namespace Marketplace.Gateway;

/// <summary>What committees' members are asked, and what they answer, between a worker's link and the grains.</summary>
public static class CommitteeMapping
{
    public static CommitteeKey ToGrain(Wire.CommitteeKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new CommitteeKey(key.Key, key.Possession, key.Registration);
    }

    public static Wire.CommitteeDuties ToWire(CommitteeDuties duties)
    {
        ArgumentNullException.ThrowIfNull(duties);
        return new Wire.CommitteeDuties
        {
            Share = duties.Share is { } share ? new Wire.ShareRequest(share.Epoch, share.Eligible) : null,
            Windows = duties.Windows.IsDefaultOrEmpty ? null : [.. duties.Windows.Select(ToWire)],
            Settlement = duties.Settlement is { } asked ? new Wire.SettlementRequest(asked.Number, asked.Epoch, asked.Hash) : null,
        };
    }

    public static ImmutableArray<WindowVote> ToGrain(IReadOnlyList<Wire.WindowVote>? votes) =>
        [
            .. (votes ?? []).Select(vote => new WindowVote(
                vote.Window,
                vote.Signature ?? ReadOnlyMemory<byte>.Empty,
                vote.Refused is null ? default : [.. vote.Refused]
            )),
        ];

    public static ImmutableArray<CommitteeShare> ToGrain(IReadOnlyList<Wire.EpochShare>? shares) =>
        [.. (shares ?? []).Select(share => new CommitteeShare(share.Epoch, share.Share))];

    /// <summary>Hands votes to the grains that count them.</summary>
    public static async Task Vote(this WorkerMarket market, Wire.CommitteeVotes call)
    {
        ArgumentNullException.ThrowIfNull(market);
        ArgumentNullException.ThrowIfNull(call);
        if (call is not { Votes: null, Shares: null })
        {
            await market.Vote(ToGrain(call.Votes), ToGrain(call.Shares));
        }
        if (call.Settlement is { } vote)
        {
            await market.Settle(new SettlementVote(vote.Number, vote.Epoch, vote.Signature));
        }
    }

    private static Wire.ReceiptWindow ToWire(ReceiptWindow window) =>
        new(window.Number, window.Epoch, window.Committee, [.. window.Receipts.Select(ToWire)]);

    private static Wire.ReceiptDraft ToWire(ReceiptDraft draft) =>
        new(
            Job: draft.Job,
            Payer: draft.Payer,
            Seats: [.. draft.Seats.Select(seat => new Wire.ReceiptSeat(seat.Worker, seat.PricePerMillionFuel))],
            Assurance: draft.Assurance,
            State: draft.State,
            Fault: draft.Fault,
            PriceLimit: draft.PriceLimit,
            Price: draft.Price,
            Shares: draft.Shares.IsDefault ? [] : [.. draft.Shares.Select(share => new Wire.ReceiptShare(share.Payee, share.Amount))],
            EndedAt: draft.EndedAt
        );
}
