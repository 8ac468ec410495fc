using System.Collections.Immutable;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.Worker.Isolation;

namespace Marketplace.Worker;

/// <summary>
/// Turns one lease into one result: fetches and verifies module, input and files, runs the module in a fresh instance, uploads a large
/// output and the files that the run left. Blocks its thread; never throws: a failure on this side is a
/// <see cref="RunOutcome.WorkerFault"/>. Thread-safe.
/// </summary>
internal sealed class JobRunner(IMarketLink link, WorkerOptions options, IProgramHost programs, BlobCache? cache, TimeProvider time)
{
    /// <param name="progress">Where others see how far it has come.</param>
    public WorkerResult Run(WorkerLease lease, CancellationToken stopped, RunProgress? progress = null)
    {
        progress?.Enter(LeaseStage.SettingUp);
        var startedAt = time.GetUtcNow();
        try
        {
            var market = new LeasedMarket(link, options.Worker, lease.Id, stopped);
            using var program = programs.Open(lease.Module, () => Fetch(market, lease.Module, EngineLimits.Default.ModuleBytesMax));
            var input = lease.InputBlob is { } blob ? Fetch(market, blob, JobLimits.InputBytesMax) : lease.Input;
            var files = FetchFiles(market, lease);
            progress?.Enter(LeaseStage.Running);
            var guest = program.Run(Invocation(market, lease, input, files, progress?.Guest, stopped));
            progress?.Enter(LeaseStage.Reporting);
            return Result(market, lease, guest, startedAt);
        }
        catch (InvalidModuleException invalid)
        {
            return NotRun(lease, RunOutcome.InvalidModule, invalid.Message, startedAt);
        }
        catch (InputUnavailableException missing)
        {
            return NotRun(lease, RunOutcome.InputUnavailable, missing.Message, startedAt);
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            return NotRun(lease, RunOutcome.Cancelled, "The run was stopped.", startedAt);
        }
        catch (Exception fault)
        {
            return NotRun(lease, RunOutcome.WorkerFault, $"{fault.GetType().Name}: {fault.Message}", startedAt);
        }
    }

    /// <summary>The result of a lease that did not come to a run.</summary>
    public static WorkerResult NotRun(WorkerLease lease, RunOutcome outcome, string reason, DateTimeOffset at) =>
        new(
            Lease: lease.Id,
            Job: lease.Job,
            Outcome: outcome,
            Reason: reason,
            FuelUsed: 0,
            Output: default,
            OutputBlob: null,
            OutputSize: 0,
            Log: default,
            StateChanges: [],
            StartedAt: at,
            EndedAt: at
        );

    private GuestInvocation Invocation(
        LeasedMarket market,
        WorkerLease lease,
        ReadOnlyMemory<byte> input,
        IReadOnlyList<GuestFile> files,
        GuestProgress? progress,
        CancellationToken stopped
    ) =>
        new()
        {
            EntryPoint = lease.EntryPoint,
            Input = input,
            Arguments = lease.Arguments,
            Environment = lease.Environment ?? ImmutableDictionary<string, string>.Empty,
            Files = files,
            Now = lease.SubmittedAt,
            Seed = lease.Job.Value,
            Limits = new GuestLimits(
                lease.FuelMax,
                Math.Min(lease.MemoryPagesMax, options.MemoryPagesMax),
                lease.TimeMax,
                JobLimits.OutputBytesMax,
                JobLimits.LogBytesMax
            ),
            State = lease.Root is null ? null : new LeasedState(market),
            Blobs = new LeasedBlobs(market, id => TryFetch(market, id, GuestPolicy.BlobBytesMax)),
            Signatures = GuestSignatures.Instance,
            Progress = progress,
            Cancellation = stopped,
        };

    private WorkerResult Result(LeasedMarket market, WorkerLease lease, GuestResult guest, DateTimeOffset startedAt)
    {
        var completed = guest.Outcome == GuestOutcome.Completed;
        var output = completed ? guest.Output : default;
        BlobId? blob = null;
        if (output.Length > JobLimits.InlineBytesMax)
        {
            blob = Upload(market, output);
        }
        var changes = completed ? guest.StateWrites.Select(write => new StateChange(write.Key, write.Value)).ToArray() : [];
        return new WorkerResult(
            Lease: lease.Id,
            Job: lease.Job,
            Outcome: Outcome(guest.Outcome),
            Reason: guest.Reason,
            FuelUsed: Math.Min(guest.FuelUsed, lease.FuelMax),
            Output: blob is null ? output : default,
            OutputBlob: blob,
            OutputSize: output.Length,
            Log: guest.Log,
            StateChanges: changes,
            StartedAt: startedAt,
            EndedAt: time.GetUtcNow()
        )
        {
            ExitCode = guest.ExitCode,
            RootAfter = changes.Length > 0 ? market.StateRootWith(changes) : null,
            Files =
                completed && guest.Files.Count > 0
                    ? [.. guest.Files.Select(file => new JobFile(file.Path, Upload(market, file.Content), file.Content.Length))]
                    : null,
        };
    }

    private List<GuestFile> FetchFiles(LeasedMarket market, WorkerLease lease)
    {
        List<GuestFile> files = [];
        var left = JobLimits.InputBytesMax;
        foreach (var (name, blob) in lease.Files ?? ImmutableDictionary<string, BlobId>.Empty)
        {
            var content = Fetch(market, blob, left);
            left -= content.Length;
            files.Add(new GuestFile($"{GuestPolicy.InputDirectory}/{name}", content));
        }

        return files;
    }

    private static BlobId Upload(LeasedMarket market, ReadOnlyMemory<byte> output)
    {
        var id = IdDerivation.Blob(output.Span);
        market.PutOutput(id, output);
        return id;
    }

    /// <summary>
    /// What the lease itself names, which its run may therefore read. What a guest names is the market's to allow each time, so the cache
    /// does not answer for it.
    /// </summary>
    private byte[] Fetch(LeasedMarket market, BlobId id, int bytesMax)
    {
        if (cache?.Read(id, bytesMax) is { } kept)
        {
            return kept;
        }
        var bytes = TryFetch(market, id, bytesMax) ?? throw new InputUnavailableException($"The market does not have {id}.");
        cache?.Write(id, bytes);
        return bytes;
    }

    private static byte[]? TryFetch(LeasedMarket market, BlobId id, int bytesMax)
    {
        using var stream = market.OpenBlob(id);
        if (stream is null)
        {
            return null;
        }
        using var buffer = new MemoryStream();
        var chunk = new byte[64 * 1024];
        for (int count; (count = stream.Read(chunk)) > 0; )
        {
            if (buffer.Length + count > bytesMax)
            {
                throw new InputUnavailableException($"{id} is larger than the {bytesMax} bytes that a worker still takes.");
            }
            buffer.Write(chunk, 0, count);
        }
        var bytes = buffer.ToArray();
        var actual = IdDerivation.Blob(bytes);
        return actual == id ? bytes : throw new InputUnavailableException($"The market sent {actual} for {id}.");
    }

    private static RunOutcome Outcome(GuestOutcome outcome) =>
        outcome switch
        {
            GuestOutcome.Completed => RunOutcome.Completed,
            GuestOutcome.Trapped => RunOutcome.Trapped,
            GuestOutcome.Failed => RunOutcome.Failed,
            GuestOutcome.OutOfFuel => RunOutcome.OutOfFuel,
            GuestOutcome.OutOfMemory => RunOutcome.OutOfMemory,
            GuestOutcome.TimedOut => RunOutcome.TimedOut,
            GuestOutcome.Cancelled => RunOutcome.Cancelled,
            GuestOutcome.OutputTooLarge => RunOutcome.OutputTooLarge,
            GuestOutcome.EngineFault => RunOutcome.WorkerFault,
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "This outcome has no counterpart in the worker protocol."),
        };
}

/// <summary>The module or the input could not be had.</summary>
internal sealed class InputUnavailableException(string message) : Exception(message);
