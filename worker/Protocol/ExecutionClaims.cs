using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Worker.Protocol;

/// <summary>What a worker says that it ran, in the form in which it signs it.</summary>
public static class ExecutionClaims
{
    /// <param name="lease">What was to run.</param>
    /// <param name="result">What came of it.</param>
    /// <param name="profile">The hash of the rules by which it was run.</param>
    /// <returns>The result with the hash of its execution; as it is where the run came to no end.</returns>
    public static WorkerResult Claim(WorkerLease lease, WorkerResult result, Bytes32 profile)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(result);
        return result.Outcome.IsEnd()
            ? result with
            {
                Profile = profile,
                Execution = Execution.Hash(InvocationOf(lease).Hash(), ResultOf(lease, result, profile)),
            }
            : result;
    }

    /// <summary>The whole of what <see cref="Claim"/> gives the hash of.</summary>
    public static Execution ExecutionOf(WorkerLease lease, WorkerResult result, Bytes32 profile)
    {
        ArgumentNullException.ThrowIfNull(lease);
        return new Execution { Invocation = InvocationOf(lease), Result = ResultOf(lease, result, profile) };
    }

    private static Invocation InvocationOf(WorkerLease lease) =>
        new()
        {
            Job = lease.Job,
            Program = lease.Program,
            Module = lease.Module,
            EntryPoint = lease.EntryPoint ?? "",
            Arguments = lease.Arguments,
            Environment = lease.Environment is { } environment
                ? [.. environment.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new NamedValue(pair.Key, pair.Value))]
                : [],
            Input = lease.InputBlob ?? IdDerivation.Blob(lease.Input.Span),
            Files = lease.Files is { } files
                ? [.. files.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new NamedContent(pair.Key, pair.Value))]
                : [],
            Clock = Invocation.Nanoseconds(lease.SubmittedAt),
            FuelLimit = (ulong)lease.FuelMax,
            MemoryPages = (uint)lease.MemoryPagesMax,
            TimeLimit = Invocation.Nanoseconds(lease.TimeMax),
        };

    /// <summary>What came of a lease, as it is signed.</summary>
    public static RunResult ResultOf(WorkerLease lease, WorkerResult result, Bytes32 profile)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(result);
        var completed = result.Outcome == RunOutcome.Completed;
        var before = lease.Root ?? default;
        return new RunResult
        {
            Profile = profile,
            Outcome = RunResult.NameOf(result.Outcome),
            ExitCode = result.Outcome == RunOutcome.Failed ? result.ExitCode ?? 0 : 0,
            Fuel = (ulong)Math.Clamp(result.FuelUsed, 0, lease.FuelMax),
            Output = completed ? result.OutputBlob ?? IdDerivation.Blob(result.Output.Span) : default,
            OutputFiles =
                completed && result.Files is { } left
                    ? [.. left.OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => new NamedContent(file.Name, file.Blob))]
                    : [],
            StateBefore = before,
            StateAfter = completed ? result.RootAfter ?? before : before,
            Writes = completed ? WritesDigest.Of(result.StateChanges.Select(change => (change.Key, change.Value))) : default,
        };
    }
}
