using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>A program's state as its commits make it, with the runs whose jobs may not have ended yet.</summary>
internal sealed class ProgramState
{
    private const byte Format = 1;
    private const byte FormatWithExitCodes = Format + 1;
    private const byte FormatWithProofs = FormatWithExitCodes + 1;

    public KeySpace Keys { get; private set; } = KeySpace.Empty;

    /// <summary>Commits so far: also the version of the log.</summary>
    public long Height { get; private set; }

    /// <summary>Oldest first.</summary>
    public List<(JobId Job, JobEnd End)> Runs { get; } = [];

    public JobEnd? FindRun(JobId job) => Runs.Find(run => run.Job == job).End;

    public void Apply(RunCommitted run)
    {
        foreach (var job in run.Acknowledged)
        {
            Forget(job);
        }
        Keys = Keys.With(run.Changes);
        Height++;
        Runs.Add((run.Job, run.End));
        if (Runs.Count > StatePolicy.CommittedRunsMax)
        {
            Runs.RemoveAt(0);
        }
    }

    public bool Forget(JobId job) => Runs.RemoveAll(run => run.Job == job) > 0;

    public ReadOnlyMemory<byte> Write()
    {
        var writer = new CompactWriter(1024 + Keys.Size);
        writer.Byte(
            Runs.Exists(run => run.End.Proof is not null) ? FormatWithProofs
            : Runs.Exists(run => run.End.ExitCode is not null) ? FormatWithExitCodes
            : Format
        );
        writer.Signed(Height);
        writer.Count(Keys.Count);
        foreach (var (key, value) in Keys.Entries)
        {
            writer.Bytes(key.Span);
            writer.Bytes(value.Span);
        }

        writer.Count(Runs.Count);
        foreach (var (job, end) in Runs)
        {
            writer.Id(job.Value);
            JobEndCodec.Write(writer, end);
        }

        return writer.Finish();
    }

    public static ProgramState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, FormatWithProofs, "The snapshot of a program's state");
        var state = new ProgramState { Height = reader.Signed() };
        var entries = new KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>[reader.Items(itemSizeMin: 2)];
        for (var index = 0; index < entries.Length; index++)
        {
            entries[index] = new(reader.Memory(), reader.Memory());
        }
        state.Keys = KeySpace.Of(entries);
        for (var left = reader.Items(itemSizeMin: 32); left > 0; left--)
        {
            state.Runs.Add((new JobId(reader.Id()), JobEndCodec.Read(ref reader)));
        }
        reader.End();
        return state;
    }
}
