using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Wire = Marketplace.Api.Workers;

namespace Marketplace.Silo;

/// <summary>Between the worker protocol's records and the grains' records.</summary>
internal static class LinkMapping
{
    public static Wire.WorkerLease ToWire(Lease lease)
    {
        var spec = lease.Ticket.Spec;
        return new Wire.WorkerLease(
            lease.Id,
            lease.Ticket.Job,
            spec.Program,
            lease.Ticket.Module,
            spec.EntryPoint,
            spec.Arguments,
            spec.Input,
            spec.InputBlob,
            spec.FuelMax,
            spec.MemoryPagesMax,
            spec.TimeMax,
            lease.Attempt,
            lease.Root,
            lease.Ticket.SubmittedAt,
            lease.Deadline
        )
        {
            Files = spec.Files.IsDefaultOrEmpty ? null : spec.Files.ToDictionary(file => file.Name, file => file.Blob),
            Environment = spec.Environment.IsDefaultOrEmpty
                ? null
                : spec.Environment.ToDictionary(variable => variable.Name, variable => variable.Value),
        };
    }

    public static LeaseCall ToGrain(Wire.LeaseCall call) => new(call.Worker, call.Lease, call.Sequence);

    public static LeaseReport ToGrain(Wire.WorkerResult result) =>
        new(
            result.Lease,
            result.Job,
            result.Outcome,
            result.Reason,
            result.FuelUsed,
            new GrainInterfaces.JobOutput(result.Output, result.OutputBlob, result.OutputSize, Files(result)),
            result.Log,
            ToGrain(result.StateChanges),
            result.StartedAt,
            result.EndedAt,
            result.ExitCode
        );

    private static ImmutableArray<OutputFile> Files(Wire.WorkerResult result) =>
        result.Files is null ? [] : [.. result.Files.Select(file => new OutputFile(file.Name, file.Blob, file.Size))];

    public static ImmutableArray<StateChange> ToGrain(IReadOnlyList<Wire.StateChange> changes) =>
        changes.Count == 0 ? [] : [.. changes.Select(change => new StateChange(change.Key, change.Value))];
}
