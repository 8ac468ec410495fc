using System.Collections.Concurrent;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker.Protocol;

namespace Marketplace.Gateway;

/// <summary>
/// One worker's connection after its handshake: takes frames in, has each call answered beside the others, and says why it ends. Credit for
/// a
/// call is granted again when it is answered, so what a worker has under way here is bounded by its window.
/// </summary>
internal sealed class WorkerLink(
    WorkerId worker,
    LinkChannel channel,
    WorkerMemory.Share memory,
    WorkerCalls calls,
    MarketDomain domain,
    TimeProvider time
) : IDisposable
{
    private readonly ConcurrentDictionary<long, Task> _underWay = new();
    private readonly TaskCompletionSource<LinkEndedException> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _over = new();
    private long _lastReport;
    private long _beats;

    /// <summary>The worker has said goodbye, under its seal: what the closing of a WebSocket says may be anyone's word.</summary>
    public bool HasLeft { get; private set; }

    public WorkerId Worker => worker;

    /// <summary>Ends the connection from outside.</summary>
    public void End(LinkEnd reason, string message) => _ended.TrySetResult(new LinkEndedException(reason, message));

    /// <returns>Why the connection ended.</returns>
    public async Task<LinkEndedException> Run()
    {
        var receiving = ReceiveAll();
        var ended = await _ended.Task;
        // First, because to cancel a receive is to cut the connection, and the other side would not hear why.
        await channel.Close(ended.Reason, ended.Message);
        await _over.CancelAsync();
        await receiving;
        await Task.WhenAll(_underWay.Values);
        return ended;
    }

    public void Dispose()
    {
        channel.Dispose();
        _over.Dispose();
    }

    private async Task ReceiveAll()
    {
        try
        {
            await channel.Send(new LinkFrame { Ready = ReadyOf(domain, time) }, _over.Token);
            while (true)
            {
                Take(await channel.Receive(_over.Token));
            }
        }
        catch (LinkEndedException ended)
        {
            _ended.TrySetResult(ended);
        }
        catch (OperationCanceledException)
        {
            // The connection was ended from outside.
        }
        catch (Exception fault)
        {
            // Ours: the request fails with it, and is logged as any other.
            _ended.TrySetException(fault);
        }
    }

    /// <summary>The first frame of a link.</summary>
    internal static LinkReady ReadyOf(MarketDomain domain, TimeProvider time) =>
        new(time.GetUtcNow(), (int)LinkPolicy.SilenceMax.TotalSeconds)
        {
            ChainId = domain.Settles ? domain.ChainId : null,
            Contract = domain.Settles ? domain.Contract : null,
        };

    private void Take(ReceivedFrame received)
    {
        switch (received.Frame)
        {
            case { Goodbye: { } goodbye }:
                HasLeft = true;
                throw new LinkEndedException(LinkEnd.Done, $"The worker left: {LinkEndedException.NameOf(goodbye.Reason)}.");
            case { Heartbeat: { } heartbeat }:
                Check(heartbeat);
                Begin(--_beats, () => Beat(received));
                break;
            case { Call: { } call } frame when call > 0 && WorkerCalls.IsCall(frame):
                Check(frame);
                if (!Begin(call, () => Answer(call, received)))
                {
                    throw new LinkEndedException(LinkEnd.Malformed, $"Call {call} is under way already.");
                }
                break;
            default:
                throw new LinkEndedException(LinkEnd.Malformed, "A frame is none that a worker sends.");
        }
    }

    /// <summary>What a record says of its sender must be what the sender has proved.</summary>
    private void Check(LinkFrame frame)
    {
        RequireSender(WorkerCalls.SenderOf(frame), worker);
        if (frame.Offer is { } offer)
        {
            Check(offer, worker);
        }
        Check(frame.Poll);
        CommitteeFrames.Check(frame.Vote);
        if (frame.Report is not { } report)
        {
            return;
        }
        var (results, seals) = (report.Report.Results.Count, report.Report.Sealed?.Count ?? 0);
        if (results + seals == 0 || Math.Max(results, seals) > LinkPolicy.ReportResultsMax)
        {
            throw new LinkEndedException(
                LinkEnd.Malformed,
                $"A report has {results} results and {seals} sealed ones; allowed are up to {LinkPolicy.ReportResultsMax} of each, and "
                    + "one of them at least."
            );
        }
        // Lists say nothing of their items to the reader of the JSON.
        if (
            report.Report.Results.Any(result => result?.StateChanges is null || result.Files?.Any(file => file?.Name is null) == true)
            || report.Report.Sealed?.Any(result => result is null) == true
        )
        {
            throw new LinkEndedException(LinkEnd.Malformed, "A report has an item that is null.");
        }
        if (report.Report.Results.Any(result => result.Outcome.IsEnd() != (result is { Execution: not null, Profile: not null })))
        {
            throw new LinkEndedException(
                LinkEnd.Malformed,
                "A result of a run that came to its end has no execution and profile, or one of another run has some."
            );
        }
        if (report.Sequence <= _lastReport)
        {
            throw new LinkEndedException(LinkEnd.BadSequence, $"Report {report.Sequence} came after report {_lastReport}.");
        }
        _lastReport = report.Sequence;
        if (!calls.IsSigned(report))
        {
            throw new LinkEndedException(
                LinkEnd.BadSignature,
                $"Report {report.Sequence} is not signed by worker {worker} for this market."
            );
        }
    }

    private static void RequireSender(WorkerId? sender, WorkerId worker)
    {
        if (sender != worker)
        {
            throw new LinkEndedException(LinkEnd.ForeignWorker, $"A frame of worker {worker} names another one.");
        }
    }

    /// <summary>What a label may be is the market's rule, but that it is a text.</summary>
    internal static void Check(WorkerOffer offer, WorkerId worker)
    {
        RequireSender(offer.Worker, worker);
        CommitteeFrames.Check(offer.Committee);
        if (offer.Labels?.Any(label => label is null) == true)
        {
            throw new LinkEndedException(LinkEnd.Malformed, "An offer has a label that is null.");
        }
        if (offer.Statement is { Signature.Length: var length } && length != Ed25519.SignatureSize)
        {
            throw new LinkEndedException(
                LinkEnd.Malformed,
                $"An offer's statement has a signature of {length} bytes; it takes {Ed25519.SignatureSize}."
            );
        }
    }

    /// <summary>How many bids there may be is the market's rule.</summary>
    private static void Check(WorkerPoll? poll)
    {
        if (
            poll?.Bids?.All(bid => bid?.Commitment is { } commitment && Bytes32.TryParse(commitment, out _)) == false
            || poll?.Opened?.All(bid => bid?.Nonce is { } nonce && Bytes32.TryParse(nonce, out _)) == false
        )
        {
            throw new LinkEndedException(LinkEnd.Malformed, "A bid of a poll has no commitment or nonce of 64 hexadecimal digits.");
        }
    }

    private static void Check(LinkHeartbeat heartbeat)
    {
        if (heartbeat.Runs is not { } runs)
        {
            return;
        }
        if (runs.Count > WorkerLimits.LeasesMax)
        {
            throw new LinkEndedException(
                LinkEnd.Malformed,
                $"A heartbeat names {runs.Count} leases; a worker has at most {WorkerLimits.LeasesMax}."
            );
        }
        if (runs.Any(run => run is null))
        {
            throw new LinkEndedException(LinkEnd.Malformed, "A heartbeat has an item that is null.");
        }
    }

    private bool Begin(long key, Func<Task> work)
    {
        var placed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_underWay.TryAdd(key, placed.Task))
        {
            return false;
        }
        _ = Finish(key, work(), placed);
        return true;
    }

    private async Task Finish(long key, Task work, TaskCompletionSource placed)
    {
        try
        {
            await work;
        }
        catch (LinkEndedException ended)
        {
            _ended.TrySetResult(ended);
        }
        catch (OperationCanceledException)
        {
            // The connection is over: its worker asks again through another one.
        }
        catch (Exception fault)
        {
            _ended.TrySetException(fault);
        }
        finally
        {
            _underWay.TryRemove(key, out _);
            placed.SetResult();
        }
    }

    private async Task Beat(ReceivedFrame received)
    {
        var over = received.Frame.Heartbeat!.Runs is { Count: > 0 } runs ? await calls.Heartbeat(worker, runs, _over.Token) : null;
        channel.Done(received);
        await channel.Send(new LinkFrame { Heartbeat = new LinkHeartbeat(time.GetUtcNow()) { Over = over } }, _over.Token);
    }

    private async Task Answer(long call, ReceivedFrame received)
    {
        try
        {
            await foreach (var answer in calls.Answer(received.Frame, _over.Token))
            {
                if (answer is { Welcome: not null } or { Orders.Known: true })
                {
                    memory.Know();
                }
                await channel.Send(answer with { Call = call }, _over.Token);
            }
        }
        finally
        {
            if (channel.Done(received) is { } credit)
            {
                await channel.Send(credit, _over.Token);
            }
        }
    }
}
