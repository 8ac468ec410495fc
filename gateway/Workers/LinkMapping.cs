using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Wire = Marketplace.Api.Workers;

namespace Marketplace.Gateway;

/// <summary>Between the records of a worker's link and those of the grains, for every link.</summary>
public static class LinkMapping
{
    public static ImmutableArray<LeaseProgress> ToGrain(IReadOnlyList<Wire.LeaseBeat> runs) =>
        [.. runs.Select(run => new LeaseProgress(run.Lease, run.FuelUsed, run.Stage))];

    public static Wire.WorkerLease ToWire(Lease lease)
    {
        var spec = lease.Ticket.Spec;
        return new Wire.WorkerLease(
            Id: lease.Id,
            Job: lease.Ticket.Job,
            Program: spec.Program,
            Module: lease.Ticket.Module,
            EntryPoint: spec.EntryPoint,
            Arguments: spec.Arguments,
            Input: spec.Input,
            InputBlob: spec.InputBlob,
            FuelMax: spec.FuelMax,
            MemoryPagesMax: spec.MemoryPagesMax,
            TimeMax: spec.TimeMax,
            Attempt: lease.Attempt,
            Root: lease.Root,
            SubmittedAt: lease.Ticket.SubmittedAt,
            Deadline: lease.Deadline
        )
        {
            Files = spec.Files.IsDefaultOrEmpty ? null : spec.Files.ToDictionary(file => file.Name, file => file.Blob),
            Environment = spec.Environment.IsDefaultOrEmpty
                ? null
                : spec.Environment.ToDictionary(variable => variable.Name, variable => variable.Value),
            PricePerMillionFuel = lease.Price,
            Sealed = lease.IsSealed ? true : null,
            VotedOn = lease.IsVotedOn ? true : null,
        };
    }

    public static Wire.WorkerOrders ToWire(WorkerOrders orders) =>
        new(orders.Known, [.. orders.Leases.Select(ToWire)], orders.Stops)
        {
            Invitations = orders.Invitations.IsDefaultOrEmpty ? null : [.. orders.Invitations.Select(ToWire)],
            Closed = orders.Closed.IsDefaultOrEmpty ? null : orders.Closed,
            Reveals = orders.Reveals.IsDefaultOrEmpty ? null : orders.Reveals,
            Duties = orders.Duties is null ? null : CommitteeMapping.ToWire(orders.Duties),
        };

    private static Wire.AuctionInvitation ToWire(AuctionInvitation invitation) =>
        new(
            Auction: invitation.Auction,
            Job: invitation.Job,
            Program: invitation.Program,
            FuelMax: invitation.FuelMax,
            MemoryPagesMax: invitation.MemoryPagesMax,
            TimeMax: invitation.TimeMax,
            PriceMax: invitation.PriceMax,
            Until: invitation.Until
        );

    /// <exception cref="ArgumentException">A commitment or a nonce is none.</exception>
    public static WorkerPoll ToGrain(Wire.WorkerPoll poll) =>
        new(Worker: poll.Worker, Start: poll.Start, Sequence: poll.Sequence, LeasesMax: poll.LeasesMax, AddsOutputs: true, Heartbeats: true)
        {
            Bids = [.. (poll.Bids ?? []).Select(bid => new SealedBid(bid.Auction, Bytes32.Parse(bid.Commitment)))],
            Opened = [.. (poll.Opened ?? []).Select(bid => new OpenedBid(bid.Auction, bid.Price, Bytes32.Parse(bid.Nonce)))],
        };

    /// <summary>Lists in order and each entry once, so that the same offer in other words is the same offer.</summary>
    public static WorkerOffer ToGrain(Wire.WorkerOffer offer) =>
        new(
            Worker: offer.Worker,
            PayTo: offer.PayTo,
            PricePerMillionFuel: offer.PricePerMillionFuel,
            Slots: offer.Slots,
            MemoryPagesMax: offer.MemoryPagesMax,
            Labels: [.. (offer.Labels ?? []).Distinct().Order(StringComparer.Ordinal)],
            RefusedAccounts: [.. (offer.RefusedAccounts ?? []).Distinct().Order()],
            BuyerReputationMin: offer.BuyerReputationMin ?? 0
        )
        {
            Committee = offer.Committee is null ? null : CommitteeMapping.ToGrain(offer.Committee),
            Statement = offer.Statement is { } said ? new OfferStatement(said.Epoch, said.Sequence, said.Time, said.Signature) : null,
        };

    public static LeaseCall ToGrain(Wire.LeaseCall call) => new(call.Worker, call.Lease, call.Sequence);

    /// <param name="report">The results.</param>
    /// <param name="executions">Of those results that have one, in order; null: none has.</param>
    /// <param name="signature">The worker's over them.</param>
    public static ImmutableArray<LeaseReport> ToGrain(Wire.WorkerReport report, MerkleBatch? executions, ReadOnlyMemory<byte> signature)
    {
        var reports = ImmutableArray.CreateBuilder<LeaseReport>(report.Results.Count);
        var execution = 0;
        foreach (var result in report.Results)
        {
            var signed = executions is null || result.Execution is null ? null : ToGrain(result, executions.PathOf(execution++), signature);
            reports.Add(ToGrain(result, signed));
        }
        return reports.MoveToImmutable();
    }

    private static RunSignature ToGrain(Wire.WorkerResult result, IReadOnlyList<MerkleStep> path, ReadOnlyMemory<byte> signature)
    {
        var leftSides = 0u;
        var hashes = new Bytes32[path.Count];
        for (var step = 0; step < hashes.Length; step++)
        {
            hashes[step] = path[step].Hash;
            leftSides |= path[step].IsLeft ? 1u << step : 0;
        }
        return new RunSignature(
            Profile: result.Profile ?? default,
            RootAfter: result.RootAfter,
            Signature: signature,
            Path: ImmutableCollectionsMarshal.AsImmutableArray(hashes),
            LeftSides: leftSides
        );
    }

    /// <param name="signed">Null where the run came to no end that is signed.</param>
    private static LeaseReport ToGrain(Wire.WorkerResult result, RunSignature? signed) =>
        new(
            Lease: result.Lease,
            Job: result.Job,
            Outcome: result.Outcome,
            Reason: result.Reason,
            FuelUsed: result.FuelUsed,
            Output: new GrainInterfaces.JobOutput(result.Output, result.OutputBlob, result.OutputSize, Files(result)),
            Log: result.Log,
            StateChanges: ToGrain(result.StateChanges),
            StartedAt: result.StartedAt,
            EndedAt: result.EndedAt,
            ExitCode: result.ExitCode
        )
        {
            Salt = result.Salt,
            Execution = signed is null ? null : result.Execution,
            Signed = signed,
        };

    public static ImmutableArray<SealedResult> ToGrain(IReadOnlyList<Wire.SealedResult> results) =>
        [.. results.Select(result => new SealedResult(result.Lease, result.Commitment))];

    /// <returns>Null where there are none.</returns>
    public static IReadOnlyList<Wire.RefusedResult>? ToWire(ImmutableArray<RefusedReport> refused) =>
        refused.IsDefaultOrEmpty ? null : [.. refused.Select(report => new Wire.RefusedResult(report.Lease, report.Reason))];

    private static ImmutableArray<OutputFile> Files(Wire.WorkerResult result) =>
        result.Files is null ? [] : [.. result.Files.Select(file => new OutputFile(file.Name, file.Blob, file.Size))];

    public static ImmutableArray<StateChange> ToGrain(IReadOnlyList<Wire.StateChange> changes) =>
        changes.Count == 0 ? [] : [.. changes.Select(change => new StateChange(change.Key, change.Value))];
}
