using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// A program's state as its commits make it, with the runs whose jobs may not have ended yet, and the roots that are kept.
/// </summary>
internal sealed class ProgramState(StateTree tree, long height)
{
    private const byte Format = 1;
    private const byte FormatWithExitCodes = Format + 1;
    private const byte FormatWithProofs = FormatWithExitCodes + 1;
    private const byte FormatWithImport = FormatWithProofs + 1;

    /// <summary>With runs that several workers made, and with an import or without.</summary>
    private const byte FormatWithOthers = FormatWithImport + 1;

    public StateTree Tree { get; private set; } = tree;

    /// <summary>Commits so far: also the version of the log.</summary>
    public long Height { get; private set; } = height;

    /// <summary>Oldest first.</summary>
    public List<(JobId Job, JobEnd End)> Runs { get; } = [];

    public StateRoots Roots { get; } = new();

    /// <summary>An import that is not complete; null: there is none.</summary>
    public StateImport? Import { get; private set; }

    /// <summary>Before the first commit, in memory only.</summary>
    public static ProgramState Empty() => new(StateTree.InMemory, 0);

    public JobEnd? FindRun(JobId job) => Runs.Find(run => run.Job == job).End;

    /// <summary>The tree with a run's changes.</summary>
    public static ValueTask<StateTree> With(StateTree tree, ImmutableArray<StateChange> changes) =>
        tree.With([.. changes.Select(static change => new StateWrite(change.Key, change.Value))]);

    /// <param name="happened">The next entry of the log.</param>
    public async ValueTask Apply(StateEvent happened)
    {
        var tree = await With(Tree, happened);
        Apply(happened, tree, happened.At ?? default);
    }

    /// <summary>The tree after an event.</summary>
    /// <param name="tree">The tree before.</param>
    /// <param name="happened">The next entry of the log.</param>
    /// <param name="empty">The tree without a key, where it is not that of <see cref="StateTree.InMemory"/>.</param>
    /// <exception cref="InvalidDataException">The entry tells of another root than its changes give.</exception>
    public static async ValueTask<StateTree> With(StateTree tree, StateEvent happened, StateTree? empty = null)
    {
        if (happened is StateImported part)
        {
            var imported = await With(part.IsFirst ? empty ?? StateTree.InMemory : tree, part.Entries);
            return Checked(imported, part.End is null ? part.Root : null);
        }
        var run = (RunCommitted)happened;
        return Checked(await With(tree, run.Changes), run.At is null ? null : run.End.RootAfter);
    }

    /// <param name="happened">The next entry of the log.</param>
    /// <param name="tree">With its changes.</param>
    /// <param name="at">When it was made.</param>
    public void Apply(StateEvent happened, StateTree tree, DateTimeOffset at)
    {
        Tree = tree;
        Height++;
        Roots.Add(new KeptRoot(Height, tree.Root, at));
        if (happened is StateImported part)
        {
            Import = part.End is { } end ? new StateImport(part.Root, end) : null;
            return;
        }
        var run = (RunCommitted)happened;
        foreach (var job in run.Acknowledged)
        {
            Forget(job);
        }
        Runs.Add((run.Job, run.End));
        if (Runs.Count > StatePolicy.CommittedRunsMax)
        {
            Runs.RemoveAt(0);
        }
    }

    private static StateTree Checked(StateTree tree, StateRoot? told) =>
        told is null || told == tree.Root
            ? tree
            : throw new InvalidDataException(
                $"An entry of the program's state tells of root {told}, and its changes give {tree.Root}. The log or the pages are damaged."
            );

    public bool Forget(JobId job) => Runs.RemoveAll(run => run.Job == job) > 0;

    /// <summary>What stands in a checkpoint beside the tree.</summary>
    public ReadOnlyMemory<byte> WriteRuns()
    {
        var writer = new CompactWriter(1024);
        var format = FormatOfRuns;
        writer.Byte(format);
        if (format == FormatWithOthers)
        {
            writer.Flag(Import is not null);
        }
        if (Import is { } import)
        {
            writer.Id(import.Root.Value);
            writer.Id(import.End);
        }
        WriteRuns(writer);
        return writer.Finish();
    }

    private byte FormatOfRuns =>
        Runs.Exists(run => !run.End.Others.IsDefaultOrEmpty) ? FormatWithOthers
        : Import is not null ? FormatWithImport
        : Runs.Exists(run => run.End.Proof is not null) ? FormatWithProofs
        : Runs.Exists(run => run.End.ExitCode is not null) ? FormatWithExitCodes
        : Format;

    public void ReadRuns(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }
        var reader = new CompactReader(bytes);
        var format = reader.Version(Format, FormatWithOthers, "What is kept beside a program's state");
        if (format == FormatWithOthers ? reader.Flag() : format == FormatWithImport)
        {
            Import = new StateImport(new StateRoot(reader.Id()), reader.Id());
        }
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

/// <summary>An import that is under way.</summary>
/// <param name="Root">Of the whole state.</param>
/// <param name="End">The path of the last entry so far.</param>
internal sealed record StateImport(StateRoot Root, Bytes32 End);
