using System.CommandLine;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Worker;
using StateWrite = Marketplace.Storage.StateWrite;

namespace Marketplace.Cli.Commands;

/// <summary><c>market job replay</c>: runs a job again, here, and compares.</summary>
internal static class JobReplayCommand
{
    private static readonly string TimedOut = RunResult.NameOf(RunOutcome.TimedOut);

    public static Command Make(CommandSet set)
    {
        var id = Ids.Job();
        var module = Values.Text("--module", "FILE", "The program's module, where the account does not keep it [fetched]");
        return set.Leaf(
            "replay",
            """
            Run a job that has ended again, on this machine, and compare what comes of it with its receipt: outcome, output, files, fuel
            and state. Names the first difference and exits with 6 if there is one. The program runs in this process, held by the engine
            alone.

            Example:
              market job replay 5f1d…c2
            """,
            async run =>
            {
                var job = await run.FindJob(run.Get(id));
                var receipt = await run.Client.Jobs.Receipt(job, run.Cancellation);
                var execution = receipt.Receipt.Execution;
                Check(receipt);
                var market = new ReplayMarket(
                    run.Client,
                    execution,
                    await ModuleOf(run, run.Get(module), execution),
                    await State(run, execution)
                );
                var input = await run.Client.Jobs.Input(job, run.Cancellation);
                var result = await Task.Run(() => Run(run, execution, input, market), run.Cancellation);
                return await Answer(run, execution.Result, result, market);
            },
            id,
            module
        );
    }

    /// <summary>What cannot be compared is said before anything is run.</summary>
    private static void Check(ReceiptFile receipt)
    {
        var result = receipt.Receipt.Execution.Result;
        if (ReceiptChecks.Of(receipt).FirstOrDefault(check => check.Result == CheckResult.Broken) is { } broken)
        {
            throw Refused(ExitCodes.Damaged, "receipt_broken", $"The receipt does not hold: {broken.Finding}", null);
        }
        if (result.Outcome is RunResult.NotRun or "input_unavailable")
        {
            throw Refused(ExitCodes.Refused, "not_run", "The job ended without a run, so there is nothing to run again.", null);
        }
        if (result.Outcome == TimedOut)
        {
            throw Refused(
                ExitCodes.Refused,
                "not_comparable",
                "The run ended at its time limit, and how far a run comes in its time differs from machine to machine.",
                null
            );
        }
        if (result.Profile != Replay.Profile)
        {
            throw Refused(
                ExitCodes.Refused,
                "other_profile",
                $"The job was run by the rules {result.Profile}; this build runs by {Replay.Profile}, which may give other results.",
                "Use a build with the same rules: engine/PROFILE.txt."
            );
        }
    }

    /// <exception cref="CommandException">The file is another module: the caller is wrong, and not the market.</exception>
    private static async Task<byte[]?> ModuleOf(Invocation run, string? typed, Execution execution)
    {
        if (typed is null)
        {
            return null;
        }
        await using var file = BlobCommands.OpenRead(run, typed);
        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes, run.Cancellation);
        var module = bytes.ToArray();
        var (seen, said) = (IdDerivation.Blob(module), execution.Invocation.Module);
        return seen == said
            ? module
            : throw Refused(
                ExitCodes.LocalFile,
                "other_module",
                $"{typed} is {seen}; the receipt says {said}.",
                "Name the file of the module that the job ran with --module, or leave it out where the account keeps the module."
            );
    }

    /// <summary>The state that the run began from, each part checked against its root.</summary>
    private static async Task<StateTree> State(Invocation run, Execution execution)
    {
        var tree = StateTree.InMemory;
        var root = execution.Result.StateBefore;
        if (root == default)
        {
            return tree;
        }
        string? after = null;
        do
        {
            var part = await run.Client.State.Export(execution.Invocation.Program, root, after, run.Cancellation);
            var chunk = StateChunk.Read(part.Chunk);
            if (StateChunks.Refusal(root, after is null ? null : Bytes32.Parse(after), chunk) is { } refusal)
            {
                throw Refused(ExitCodes.Damaged, "proof_refused", $"The service's state is not that of root {root}: {refusal}", null);
            }
            tree = await tree.With([.. chunk.Entries.Select(entry => new StateWrite(entry.Key, entry.Value))]);
            after = chunk.IsLast ? null : chunk.End?.ToString();
        } while (after is not null);
        return tree;
    }

    private static RunResult Run(Invocation run, Execution execution, byte[] input, ReplayMarket market)
    {
        try
        {
            return Replay.Run(execution.Invocation, input, execution.Result.StateBefore, market, run.Cancellation);
        }
        catch (ReplayException failure)
        {
            throw Refused(
                ExitCodes.Refused,
                "not_replayed",
                failure.Message,
                market.ModuleIsMissing ? "The account does not keep the module: name its file with --module." : null,
                failure
            );
        }
    }

    private static async Task<int> Answer(Invocation run, RunResult said, RunResult seen, ReplayMarket market)
    {
        var difference = Differences(said, seen).FirstOrDefault(pair => pair.Said != pair.Seen);
        if (difference != default && seen.Outcome == TimedOut)
        {
            throw Refused(
                ExitCodes.Refused,
                "not_comparable",
                "The run did not end within its time limit on this machine.",
                "Try again on a faster or less busy one."
            );
        }
        if (difference != default && market.Missing is { } missing)
        {
            throw Refused(
                ExitCodes.Refused,
                "not_comparable",
                $"The results differ in {difference.Name}, and the run asked for {missing}, which the account does not keep now.",
                "Keep what a job reads for as long as you may want to run it again."
            );
        }
        if (run.Json)
        {
            await run.AnswerObject(writer =>
            {
                writer.WriteBoolean("same", difference == default);
                if (difference != default)
                {
                    writer.WriteString("difference", difference.Name);
                    writer.WriteString("receipt", difference.Said);
                    writer.WriteString("replay", difference.Seen);
                }
            });
        }
        else if (difference == default)
        {
            await run.Text($"The same: {said.Outcome.Replace('_', ' ')}, {Table.Show((long)seen.Fuel)} fuel.\n");
        }
        else
        {
            // Names of files are of the program's choice, and may have lines of their own.
            var (there, here) = (TerminalText.CleanLine(difference.Said), TerminalText.CleanLine(difference.Seen));
            await run.Text($"Different in {difference.Name}: the receipt says {there}, here it is {here}.\n");
        }
        return difference == default ? ExitCodes.Ok : ExitCodes.Damaged;
    }

    private static IEnumerable<(string Name, string Said, string Seen)> Differences(RunResult said, RunResult seen)
    {
        yield return ("outcome", said.Outcome, seen.Outcome);
        yield return ("exit code", $"{said.ExitCode}", $"{seen.ExitCode}");
        yield return ("fuel", $"{said.Fuel}", $"{seen.Fuel}");
        yield return ("output", $"{said.Output}", $"{seen.Output}");
        yield return ("output files", Names(said.OutputFiles), Names(seen.OutputFiles));
        yield return ("writes to the state", $"{said.Writes}", $"{seen.Writes}");
        yield return ("state before", $"{said.StateBefore}", $"{seen.StateBefore}");
        yield return ("state after", $"{said.StateAfter}", $"{seen.StateAfter}");
    }

    private static string Names(IReadOnlyList<NamedContent> files) =>
        files.Count == 0 ? "none" : string.Join(", ", files.Select(file => $"{file.Name} {file.Content}"));

    private static CommandException Refused(int exitCode, string kind, string detail, string? advice, Exception? cause = null) =>
        new(new Failure(exitCode, kind, detail, advice), cause);
}
