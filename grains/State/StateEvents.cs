using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>One entry of the log.</summary>
/// <param name="At">When; null in an entry of a build whose roots were not those of the state tree.</param>
internal abstract record StateEvent(DateTimeOffset? At)
{
    public static StateEvent Read(ReadOnlySpan<byte> bytes) =>
        bytes is [StateImported.Format, ..] ? StateImported.Read(bytes) : RunCommitted.Read(bytes);
}

/// <summary>A part of a state that was exported elsewhere; parts come in the order of their paths.</summary>
/// <param name="Root">Of the whole state.</param>
/// <param name="IsFirst">What was imported before is dropped.</param>
/// <param name="End">The path of the last entry; null: the import is complete.</param>
/// <param name="Entries">What is new.</param>
internal sealed record StateImported(StateRoot Root, bool IsFirst, Bytes32? End, ImmutableArray<StateChange> Entries, DateTimeOffset? At)
    : StateEvent(At)
{
    /// <summary>Apart from the formats of <see cref="RunCommitted"/>, which may grow to it.</summary>
    public const byte Format = 64;

    public static ReadOnlyMemory<byte> Write(StateImported part)
    {
        var writer = new CompactWriter(1024);
        writer.Byte(Format);
        writer.Time(part.At!.Value);
        writer.Id(part.Root.Value);
        writer.Flag(part.IsFirst);
        writer.OptionalId(part.End);
        RunCodec.WriteChanges(writer, part.Entries);
        return writer.Finish();
    }

    public static new StateImported Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A part of an imported state");
        var (at, root, isFirst, end) = (reader.Time(), new StateRoot(reader.Id()), reader.Flag(), reader.OptionalId());
        var entries = RunCodec.ReadChanges(ref reader);
        reader.End();
        return new StateImported(root, isFirst, end, entries, at);
    }
}

/// <summary>A run that was applied: its changes and its result, one entry of the log.</summary>
/// <param name="Acknowledged">Jobs whose terminal writes are durable: their runs are forgotten.</param>
/// <param name="At">When; null in an entry of a build whose roots were not those of the state tree.</param>
internal sealed record RunCommitted(
    JobId Job,
    ImmutableArray<StateChange> Changes,
    JobEnd End,
    ImmutableArray<JobId> Acknowledged,
    DateTimeOffset? At
) : StateEvent(At)
{
    private const byte FormatOfEarlierRoots = 1;
    private const byte Format = 3;
    private const byte FormatWithOthers = Format + 3;

    public static ReadOnlyMemory<byte> Write(RunCommitted run)
    {
        if (run is { At: null, End.Proof: not null })
        {
            throw new InvalidOperationException("This is a bug in the state's log: a commit with a proof says when it was.");
        }
        var writer = new CompactWriter(1024);
        writer.Byte(JobEndCodec.FormatOf(run.End, run.At is null ? FormatOfEarlierRoots : Format));
        if (run.At is { } at)
        {
            writer.Time(at);
        }
        writer.Id(run.Job.Value);
        RunCodec.WriteChanges(writer, run.Changes);
        JobEndCodec.Write(writer, run.End);
        writer.Count(run.Acknowledged.Length);
        foreach (var job in run.Acknowledged)
        {
            writer.Id(job.Value);
        }
        return writer.Finish();
    }

    public static new RunCommitted Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var format = reader.Version(FormatOfEarlierRoots, FormatWithOthers, "A commit of program state");
        DateTimeOffset? at = format >= Format ? reader.Time() : null;
        var job = new JobId(reader.Id());
        var changes = RunCodec.ReadChanges(ref reader);
        var end = JobEndCodec.Read(ref reader);
        var acknowledged = new JobId[reader.Items(itemSizeMin: 32)];
        for (var index = 0; index < acknowledged.Length; index++)
        {
            acknowledged[index] = new JobId(reader.Id());
        }
        reader.End();
        return new RunCommitted(job, changes, end, ImmutableArray.Create(acknowledged), at);
    }
}
