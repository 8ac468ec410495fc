using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>A program's state as its commits make it, with the runs whose jobs may not have ended yet, and the roots that are kept.</summary>
internal sealed class ProgramState(StateTree tree, long height)
{
    private const byte Format = 1;
    private const byte FormatWithExitCodes = Format + 1;

    public StateTree Tree { get; private set; } = tree;

    /// <summary>Commits so far: also the version of the log.</summary>
    public long Height { get; private set; } = height;

    /// <summary>Oldest first.</summary>
    public List<(JobId Job, JobEnd End)> Runs { get; } = [];

    public StateRoots Roots { get; } = new();

    /// <summary>Before the first commit, in memory only.</summary>
    public static ProgramState Empty() => new(StateTree.InMemory, 0);

    public JobEnd? FindRun(JobId job) => Runs.Find(run => run.Job == job).End;

    /// <summary>The tree with a run's changes.</summary>
    public static ValueTask<StateTree> With(StateTree tree, ImmutableArray<StateChange> changes) =>
        tree.With([.. changes.Select(static change => new StateWrite(change.Key, change.Value))]);

    /// <param name="run">The next entry of the log.</param>
    public async ValueTask Apply(RunCommitted run)
    {
        var tree = await With(Tree, run.Changes);
        Require(run, tree);
        Apply(run, tree, run.At ?? default);
    }

    /// <exception cref="InvalidDataException">The entry tells of another root than its changes give.</exception>
    public void Require(RunCommitted run, StateTree tree)
    {
        if (run.At is not null && run.End.RootAfter != tree.Root)
        {
            throw new InvalidDataException(
                $"Commit {Height + 1} of the program's state tells of root {run.End.RootAfter}, and its changes give {tree.Root}. "
                    + "The log or the pages under it are damaged."
            );
        }
    }

    /// <param name="run">The next entry of the log.</param>
    /// <param name="tree">With its changes.</param>
    /// <param name="at">When it was made.</param>
    public void Apply(RunCommitted run, StateTree tree, DateTimeOffset at)
    {
        foreach (var job in run.Acknowledged)
        {
            Forget(job);
        }
        Tree = tree;
        Height++;
        Roots.Add(new KeptRoot(Height, tree.Root, at));
        Runs.Add((run.Job, run.End));
        if (Runs.Count > StatePolicy.CommittedRunsMax)
        {
            Runs.RemoveAt(0);
        }
    }

    public bool Forget(JobId job) => Runs.RemoveAll(run => run.Job == job) > 0;

    /// <summary>What stands in a checkpoint beside the tree.</summary>
    public ReadOnlyMemory<byte> WriteRuns()
    {
        var writer = new CompactWriter(1024);
        writer.Byte(FormatOfRuns);
        WriteRuns(writer);
        return writer.Finish();
    }

    private byte FormatOfRuns => Runs.Exists(run => run.End.ExitCode is not null) ? FormatWithExitCodes : Format;

    public void ReadRuns(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }
        var reader = new CompactReader(bytes);
        reader.Version(Format, FormatWithExitCodes, "What is kept beside a program's state");
        ReadRuns(ref reader);
        reader.End();
    }

    /// <summary>The snapshot of a build that had the whole state in one document.</summary>
    public static async ValueTask<ProgramState> ReadEarlier(StateTree empty, ReadOnlyMemory<byte> bytes)
    {
        var (height, entries, state) = Read(empty, bytes.Span);
        return state.At(await empty.With(entries), height);

        static (long, StateWrite[], ProgramState) Read(StateTree empty, ReadOnlySpan<byte> bytes)
        {
            var reader = new CompactReader(bytes);
            reader.Version(Format, FormatWithExitCodes, "The snapshot of a program's state");
            var height = reader.Signed();
            var entries = new StateWrite[reader.Items(itemSizeMin: 2)];
            for (var index = 0; index < entries.Length; index++)
            {
                entries[index] = new StateWrite(reader.Memory(), reader.Memory());
            }
            var state = new ProgramState(empty, height);
            state.ReadRuns(ref reader);
            reader.End();
            return (height, entries, state);
        }
    }

    private ProgramState At(StateTree tree, long height)
    {
        (Tree, Height) = (tree, height);
        return this;
    }

    private void WriteRuns(CompactWriter writer)
    {
        writer.Count(Runs.Count);
        foreach (var (job, end) in Runs)
        {
            writer.Id(job.Value);
            JobEndCodec.Write(writer, end);
        }
    }

    private void ReadRuns(ref CompactReader reader)
    {
        for (var left = reader.Items(itemSizeMin: 32); left > 0; left--)
        {
            Runs.Add((new JobId(reader.Id()), JobEndCodec.Read(ref reader)));
        }
    }
}
