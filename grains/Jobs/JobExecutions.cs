using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>A run in the form in which its worker signs it, made of what the market knows of it.</summary>
internal static class JobExecutions
{
    /// <summary>What was asked for, and that nothing came of it yet.</summary>
    public static Execution NotRun(JobId job, JobSpec spec, BlobId module, DateTimeOffset submittedAt) =>
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
            Input = spec.InputBlob ?? IdDerivation.Blob(spec.Input.Span),
            Files = spec.Files.IsDefaultOrEmpty ? [] : [.. spec.Files.Select(file => new NamedContent(file.Name, file.Blob))],
            Clock = Execution.Nanoseconds(submittedAt),
            FuelLimit = (ulong)spec.FuelMax,
            MemoryPages = (uint)spec.MemoryPagesMax,
            TimeLimit = Execution.Nanoseconds(spec.TimeMax),
            Profile = default,
            Outcome = Execution.NotRun,
            ExitCode = 0,
            Fuel = 0,
            Output = default,
            OutputFiles = [],
            StateBefore = default,
            StateAfter = default,
            Writes = default,
        };

    /// <summary>What a worker's report says.</summary>
    /// <param name="root">Where the run began; null: the program keeps no state.</param>
    public static Execution Of(JobTicket ticket, LeaseReport report, StateRoot? root, RunSignature signed)
    {
        var completed = report.Outcome == RunOutcome.Completed;
        var before = root ?? default;
        return NotRun(ticket.Job, ticket.Spec, ticket.Module, ticket.SubmittedAt) with
        {
            Profile = signed.Profile,
            Outcome = Execution.NameOf(report.Outcome),
            ExitCode = report.Outcome == RunOutcome.Failed ? report.ExitCode ?? 0 : 0,
            Fuel = (ulong)Math.Clamp(report.FuelUsed, 0, ticket.Spec.FuelMax),
            Output = completed ? ContentOf(report.Output) : default,
            OutputFiles = completed ? FilesOf(report.Output.Files) : [],
            StateBefore = before,
            StateAfter = completed ? signed.RootAfter ?? before : before,
            Writes = completed ? WritesOf(report.StateChanges) : default,
        };
    }

    /// <summary>What the stored end of a job says.</summary>
    public static Execution Of(JobState job, JobId id, JobEnd end)
    {
        var asked = NotRun(id, job.Spec, job.Module, job.SubmittedAt);
        if (end.Proof is not { } proof)
        {
            return asked with { Fuel = (ulong)end.FuelUsed };
        }
        var completed = proof.Outcome == RunOutcome.Completed;
        var before = proof.RootBefore ?? default;
        return asked with
        {
            Profile = proof.Signed.Profile,
            Outcome = Execution.NameOf(proof.Outcome),
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

    public static Bytes32 WritesOf(ImmutableArray<StateChange> changes)
    {
        var digest = new WritesDigest();
        foreach (var change in changes)
        {
            digest.Add(change.Key.Span, change.Value);
        }
        return digest.Finish();
    }

    private static IReadOnlyList<NamedContent> FilesOf(ImmutableArray<OutputFile> files) =>
        files.IsDefaultOrEmpty
            ? []
            : [.. files.OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => new NamedContent(file.Name, file.Blob))];
}
