using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Engine;
using Marketplace.Receipts;
using Marketplace.Worker.Isolation;
using Marketplace.Worker.Protocol;

namespace Marketplace.Worker;

/// <summary>
/// Runs an invocation again, as a worker would, in this process: what a receipt says came of it must come of it here. What is run may be
/// hostile; it is held by the engine alone, as with isolation <c>none</c>.
/// </summary>
public static class Replay
{
    /// <summary>The rules by which this build runs programs.</summary>
    public static Bytes32 Profile { get; } = Bytes32.Parse(EngineProfile.Hash);

    /// <summary>Blocks until the run has ended.</summary>
    /// <param name="invocation">What was run.</param>
    /// <param name="input">Its input; must hash to that of the invocation.</param>
    /// <param name="root">The root that the run began from.</param>
    /// <param name="market">Has the module, the files, the blobs and the state that the run reads; outputs are handed to it too.</param>
    /// <param name="cancellation">Stops the guest.</param>
    /// <exception cref="ReplayException">It could not be run here; the message says why.</exception>
    /// <exception cref="OperationCanceledException"/>
    public static RunResult Run(
        Invocation invocation,
        ReadOnlyMemory<byte> input,
        StateRoot root,
        IMarketLink market,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(invocation);
        RequireBounds(invocation);
        var actual = IdDerivation.Blob(input.Span);
        if (actual != invocation.Input)
        {
            throw new ReplayException($"The input that was given is {actual}; what was run had the input {invocation.Input}.");
        }
        var lease = LeaseOf(invocation, input, root);
        var options = new WorkerOptions
        {
            Worker = default,
            PayTo = default,
            MemoryPagesMax = JobLimits.MemoryPagesMax,
        };
        using var programs = new InProcessHost(options.ModuleCacheBytesMax);
        var result = new JobRunner(market, options, programs, cache: null, TimeProvider.System).Run(lease, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return result.Outcome.IsEnd() && result.Outcome != RunOutcome.InputUnavailable
            ? ExecutionClaims.ResultOf(lease, result, Profile)
            : throw new ReplayException($"The run did not come to an end here: {result.Reason}");
    }

    /// <summary>A receipt is a stranger's word: what it lets a program use here is no more than a job may use.</summary>
    private static void RequireBounds(Invocation invocation)
    {
        Require("fuel", invocation.FuelLimit, (ulong)JobLimits.FuelMax);
        Require("pages of memory", invocation.MemoryPages, JobLimits.MemoryPagesMax);
        Require("nanoseconds", invocation.TimeLimit, (ulong)JobLimits.TimeMax.TotalNanoseconds);

        static void Require(string what, ulong limit, ulong most)
        {
            if (limit > most)
            {
                throw new ReplayException($"What was run had a limit of {limit} {what}; a job may have {most}.");
            }
        }
    }

    private static WorkerLease LeaseOf(Invocation invocation, ReadOnlyMemory<byte> input, StateRoot root) =>
        new(
            Id: default,
            Job: invocation.Job,
            Program: invocation.Program,
            Module: invocation.Module,
            EntryPoint: invocation.EntryPoint.Length > 0 ? invocation.EntryPoint : null,
            Arguments: invocation.Arguments,
            Input: input,
            InputBlob: null,
            FuelMax: (long)invocation.FuelLimit,
            MemoryPagesMax: (int)invocation.MemoryPages,
            TimeMax: TimeSpan.FromTicks((long)(invocation.TimeLimit / Invocation.NanosecondsPerTick)),
            Attempt: 1,
            // A program that keeps no state asks for none.
            Root: root,
            SubmittedAt: DateTimeOffset.UnixEpoch.AddTicks((long)(invocation.Clock / Invocation.NanosecondsPerTick)),
            Deadline: DateTimeOffset.MaxValue
        )
        {
            Files = Named(invocation.Files, file => file.Name, file => file.Content),
            Environment = Named(invocation.Environment, variable => variable.Name, variable => variable.Value),
        };

    private static Dictionary<string, TValue> Named<TItem, TValue>(
        IReadOnlyList<TItem> items,
        Func<TItem, string> name,
        Func<TItem, TValue> value
    ) =>
        items.Select(name).Distinct(StringComparer.Ordinal).Count() == items.Count
            ? items.ToDictionary(name, value, StringComparer.Ordinal)
            : throw new ReplayException("What was run names a file or a variable twice, which no job does.");
}

/// <summary>A run could not be repeated here.</summary>
public sealed class ReplayException(string message, Exception? cause = null) : Exception(message, cause);
