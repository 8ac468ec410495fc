using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>A run in the form in which its worker signs it, made of what the market knows of it.</summary>
internal static class JobExecutions
{
    /// <summary>What was asked for.</summary>
    public static Invocation InvocationOf(JobId job, JobSpec spec, BlobId module, DateTimeOffset submittedAt) =>
        new()
        {
            Job = job,
            Program = spec.Program,
            Module = module,
            EntryPoint = spec.EntryPoint ?? "",
            Arguments = spec.Arguments,
            Environment = spec.Environment.IsDefaultOrEmpty
                ? []
                : [.. spec.Environment.Select(variable => new NamedValue(variable.Name, variable.Value))],
            Input = InputOf(spec),
            Files = spec.Files.IsDefaultOrEmpty ? [] : [.. spec.Files.Select(file => new NamedContent(file.Name, file.Blob))],
            Clock = Invocation.Nanoseconds(submittedAt),
            FuelLimit = (ulong)spec.FuelMax,
            MemoryPages = (uint)spec.MemoryPagesMax,
            TimeLimit = Invocation.Nanoseconds(spec.TimeMax),
        };

    /// <summary>The hash of the input's bytes.</summary>
    public static BlobId InputOf(JobSpec spec) => spec.InputBlob ?? IdDerivation.Blob(spec.Input.Span);

    /// <inheritdoc cref="InvocationOf(JobId, JobSpec, BlobId, DateTimeOffset)"/>
    public static Invocation InvocationOf(JobTicket ticket) => InvocationOf(ticket.Job, ticket.Spec, ticket.Module, ticket.SubmittedAt);

    /// <summary>What a worker's report says came of it.</summary>
    /// <param name="root">Where the run began; null: the program keeps no state.</param>
    public static RunResult ResultOf(LeaseReport report, long fuelMax, StateRoot? root, RunSignature signed)
    {
        var completed = report.Outcome == RunOutcome.Completed;
        var before = root ?? default;
        return new RunResult
        {
            Profile = signed.Profile,
            Outcome = RunResult.NameOf(report.Outcome),
            ExitCode = report.Outcome == RunOutcome.Failed ? report.ExitCode ?? 0 : 0,
            Fuel = (ulong)Math.Clamp(report.FuelUsed, 0, fuelMax),
            Output = completed ? ContentOf(report.Output) : default,
            OutputFiles = completed ? FilesOf(report.Output.Files) : [],
            StateBefore = before,
            StateAfter = completed ? signed.RootAfter ?? before : before,
            Writes = completed ? WritesOf(report.StateChanges) : default,
        };
    }

    /// <summary>What the stored end of a job says came of it.</summary>
    public static RunResult ResultOf(JobEnd end)
    {
        if (end.Proof is not { } proof)
        {
            return RunResult.Nothing with { Fuel = (ulong)end.FuelUsed };
        }
        var completed = proof.Outcome == RunOutcome.Completed;
        var before = proof.RootBefore ?? default;
        return new RunResult
        {
            Profile = proof.Signed.Profile,
            Outcome = RunResult.NameOf(proof.Outcome),
            ExitCode = end.ExitCode ?? 0,
            Fuel = (ulong)end.FuelUsed,
            Output = completed ? proof.Refused?.Content ?? ContentOf(end.Output) : default,
            OutputFiles = completed ? FilesOf(proof.Refused?.Files ?? end.Output.Files) : [],
            StateBefore = before,
            StateAfter = completed ? proof.Signed.RootAfter ?? before : before,
            Writes = proof.Writes,
        };
    }

    public static BlobId ContentOf(JobOutput output) => output.Blob ?? IdDerivation.Blob(output.Inline.Span);

    public static Bytes32 WritesOf(ImmutableArray<StateChange> changes) =>
        WritesDigest.Of(changes.Select(change => (change.Key, change.Value)));

    public static IReadOnlyList<NamedContent> FilesOf(ImmutableArray<OutputFile> files) =>
        files.IsDefaultOrEmpty
            ? []
            : [.. files.OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => new NamedContent(file.Name, file.Blob))];
}
