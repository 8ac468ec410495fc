using System.CommandLine;
using Marketplace.Receipts;

namespace Marketplace.Cli.Commands;

/// <summary><c>market state export</c> and <c>market state import</c>.</summary>
internal static class StateMoveCommands
{
    public static Command Export(CommandSet set)
    {
        var program = Ids.Program();
        var file = new Argument<string>("FILE") { Description = "Where to write it" };
        var root = StateCommands.Root("An older root that is still kept [the newest]");
        var force = Values.Switch("--force", "Replace the file if it exists");
        return set.Leaf(
            "export",
            """
            Write a program's whole state to a file, checked entry by entry against its root.

            Example:
              market state export prog41ab…9e visitors.state
            """,
            async run =>
            {
                var id = await run.FindProgram(run.Get(program));
                var path = run.Path(run.Get(file));
                var (of, keys) = (default(StateRoot), 0L);
                await FetchedFile.Write(
                    run,
                    run.Get(file),
                    run.Get(force),
                    async content => (of, keys) = await Write(run, id, run.Get(root), content)
                );
                if (run.Json)
                {
                    await run.AnswerObject(writer =>
                    {
                        writer.WriteString("root", of.ToString());
                        writer.WriteNumber("keys", keys);
                    });
                    return ExitCodes.Ok;
                }
                await run.Text($"{path}: {keys} keys at root {of}\n");
                return ExitCodes.Ok;
            },
            program,
            file,
            root,
            force
        );
    }

    public static Command Import(CommandSet set)
    {
        var program = Ids.Program();
        var file = new Argument<string>("FILE") { Description = "What 'market state export' wrote" };
        return set.Leaf(
            "import",
            """
            Bring an exported state into a program that this account has deployed and that has had no state yet.
            The file is checked before anything is sent. The program's jobs wait until all is there. Repeat the command if it breaks off.

            Example:
              market state import prog41ab…9e visitors.state
            """,
            async run =>
            {
                var id = await run.FindProgram(run.Get(program));
                await using var content = BlobCommands.OpenRead(run, run.Get(file));
                if (await StateFile.ReadHead(content, run.Cancellation) is not { } head)
                {
                    throw StateFile.Damaged("it does not begin with MKTSTATE");
                }
                var start = content.Position;
                var keys = await StateVerifyCommand.CheckChunks(run, content, head.Root);
                content.Position = start;
                string? next = "";
                await StateVerifyCommand.CheckChunks(
                    run,
                    content,
                    head.Root,
                    async chunk => next = (await run.Client.State.Import(id, head.Root, chunk, run.Cancellation)).Next
                );
                if (next is not null)
                {
                    throw new CommandException(
                        new Failure(
                            ExitCodes.Refused,
                            "import_incomplete",
                            $"The service wants more after path {next}.",
                            "Another import of this program may be under way: repeat the command."
                        )
                    );
                }
                await run.AnswerDone("imported", $"{keys} keys, root {head.Root}");
                return ExitCodes.Ok;
            },
            program,
            file
        );
    }

    /// <exception cref="CommandException">What came is not the state of one root.</exception>
    private static async Task<(StateRoot Root, long Keys)> Write(Invocation run, ProgramId program, StateRoot? root, Stream file)
    {
        var (keys, after) = (0L, (string?)null);
        try
        {
            do
            {
                var chunk = await run.Client.State.Export(program, root, after, run.Cancellation);
                var read = StateChunk.Read(chunk.Chunk);
                if (
                    (root is { } known && chunk.Root != known)
                    || StateChunks.Refusal(chunk.Root, after is null ? null : Bytes32.Parse(after), read) is not null
                )
                {
                    throw new CommandException(
                        new Failure(ExitCodes.Damaged, "proof_refused", $"A chunk of the service is not that of root {chunk.Root}.")
                    );
                }
                if (after is null)
                {
                    await file.WriteAsync(StateFile.Head(program, chunk.Root), run.Cancellation);
                }
                await StateFile.Append(file, chunk.Chunk, run.Cancellation);
                keys += read.Entries.Length;
                (root, after) = (chunk.Root, read.IsLast ? null : read.End?.ToString());
            } while (after is not null);
            return (root.Value, keys);
        }
        catch (FormatException malformed)
        {
            throw new CommandException(
                new Failure(ExitCodes.Damaged, "proof_refused", $"The service's chunk is none: {malformed.Message}"),
                malformed
            );
        }
    }
}
