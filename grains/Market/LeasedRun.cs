using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>A run as its worker may go about it: what it may read, and the outputs that it has brought to the store.</summary>
internal sealed class LeasedRun(JobTicket ticket, StateRoot? root)
{
    // Not the whole ticket: the market keeps no inputs in memory for its leases.
    private readonly BlobId? _input = ticket.Spec.InputBlob;
    private readonly ImmutableArray<InputFile> _files = ticket.Spec.Files;
    private readonly (AccountId Account, ProgramId Program, BlobId Module) _job = (ticket.Account, ticket.Spec.Program, ticket.Module);

    /// <summary>The hash of what was asked for: its parts are not kept.</summary>
    public Bytes32 Invocation { get; } = JobExecutions.InvocationOf(ticket).Hash();

    private Dictionary<BlobId, long>? _begun;
    private long _begunBytes;
    private HashSet<BlobId>? _outputs;
    private long _lastCall;

    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: a later call was seen.</exception>
    public LeaseGrant Grant(LeaseCall call)
    {
        _lastCall = LeaseGrants.Later(call, _lastCall);
        var blobs = ImmutableArray.CreateBuilder<BlobId>();
        blobs.Add(_job.Module);
        if (_input is { } input)
        {
            blobs.Add(input);
        }
        blobs.AddRange(_files.IsDefault ? [] : _files.Select(file => file.Blob));
        return new LeaseGrant(_job.Account, _job.Program, root, blobs.ToImmutable());
    }

    /// <summary>Before the bytes are written: a repetition must not count again.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>.</exception>
    public void BeginOutput(LeaseCall call, BlobId output, long size)
    {
        _lastCall = LeaseGrants.Later(call, _lastCall);
        _begun ??= [];
        if (_begun.TryGetValue(output, out var before) && before == size)
        {
            return;
        }
        if (
            size is < 0 or > MarketLimits.OutputBytesMax
            || _begun.ContainsKey(output)
            || _begun.Count >= MarketPolicy.OutputBlobsMax
            || _begunBytes + size > MarketPolicy.OutputBlobBytesMax
        )
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The run of lease {call.Lease} brings {output} with {size} bytes, after {_begun.Count} outputs with {_begunBytes} bytes; "
                    + $"allowed are {MarketPolicy.OutputBlobsMax} different ones of 0 to {MarketLimits.OutputBytesMax} bytes, together "
                    + $"{MarketPolicy.OutputBlobBytesMax}."
            );
        }
        _begun.Add(output, size);
        _begunBytes += size;
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>.</exception>
    public void AddOutput(LeaseCall call, BlobId output)
    {
        _lastCall = LeaseGrants.Later(call, _lastCall);
        _outputs ??= [];
        if (_outputs.Count >= MarketPolicy.OutputBlobsMax && !_outputs.Contains(output))
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The run of lease {call.Lease} has brought {_outputs.Count} outputs; allowed are {MarketPolicy.OutputBlobsMax}."
            );
        }
        _outputs.Add(output);
    }

    /// <summary>
    /// What a report says of its outputs must be what the run has brought. Bytes come with their length, which was checked with them; it is
    /// no part of what the worker signs, so nothing else would find another one.
    /// </summary>
    /// <param name="output">The report's.</param>
    /// <param name="isSeat">Whether others run the job as well: then no output's length may be unknown.</param>
    /// <returns>What is wrong; null where nothing is.</returns>
    public string? RefusalOf(JobOutput output, bool isSeat)
    {
        if (output.Blob is { } blob && RefusalOf(blob, output.Size, isSeat) is { } refusal)
        {
            return refusal;
        }
        foreach (var file in output.Files.IsDefault ? [] : output.Files)
        {
            if (RefusalOf(file.Blob, file.Size, isSeat) is { } refused)
            {
                return refused;
            }
        }
        return null;
    }

    private string? RefusalOf(BlobId output, long size, bool isSeat)
    {
        if (_outputs?.Contains(output) != true)
        {
            return $"the report names {output}, which the run has not brought";
        }
        return _begun?.TryGetValue(output, out var brought) == true
            ? size == brought
                ? null
                : $"the report names {output} with another size, {size}, than the run has brought, {brought}"
            : isSeat
                ? $"the report names {output}, whose size the run has not told"
                : null;
    }
}
