using System.CommandLine;
using Marketplace.Crypto;

namespace Marketplace.Cli.Commands;

/// <summary><c>market blob</c>.</summary>
internal static class BlobCommands
{
    public static Command Make(CommandSet set) =>
        CommandSet.Group("blob", "Store bytes under the name of their hash.", Put(set), Get(set), Info(set), List(set), Remove(set));

    public static FileStream OpenRead(Invocation run, string typed)
    {
        var path = run.Path(typed);
        try
        {
            return new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.Read,
                bufferSize: 0,
                FileOptions.Asynchronous | FileOptions.SequentialScan
            );
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.LocalFile,
                    "local_file",
                    $"There is no file {path}.",
                    $"Paths are those of the folder where you typed the command, {run.Surroundings.Folder}."
                ),
                missing
            );
        }
        catch (UnauthorizedAccessException folder) when (Directory.Exists(path))
        {
            throw new CommandException(
                new Failure(ExitCodes.LocalFile, "local_file", $"{path} is a folder.", "Name a file in it."),
                folder
            );
        }
    }

    /// <summary>The id that a file's content has as a blob; nothing is sent.</summary>
    public static async Task<BlobId> IdOf(Invocation run, string typed)
    {
        await using var content = OpenRead(run, typed);
        var hasher = new Blake3Hasher();
        var piece = new byte[SdkPolicy.PieceBytes];
        for (int count; (count = await content.ReadAsync(piece, run.Cancellation)) > 0; )
        {
            hasher.Update(piece.AsSpan(0, count));
        }
        return new BlobId(hasher.Finish());
    }

    public static Task<Blob> Upload(Invocation run, Stream content, string name) =>
        TransferBar.Show(
            run.Surroundings,
            $"put {name}",
            content.CanSeek ? content.Length : null,
            progress => run.Client.Blobs.Put(content, progress, run.Cancellation)
        );

    private static Command Put(CommandSet set)
    {
        var file = new Argument<string>("FILE") { Description = "The file; '-' is standard input" };
        return set.Leaf(
            "put",
            """
            Store a file, and print the blob's id: the word blob and the digits that b3sum prints.

            Example:
              market blob put picture.png
            """,
            async run =>
            {
                var word = run.Get(file);
                await using var content = word == "-" ? run.Surroundings.Input : OpenRead(run, word);
                var blob = await Upload(run, content, word);
                await run.Answer(blob, writer => writer.WriteLine(blob.Id));
                return ExitCodes.Ok;
            },
            file
        );
    }

    private static Command Get(CommandSet set)
    {
        var id = Ids.Blob();
        var file = Values.Text("--output", "FILE", "Where to write it [standard output]");
        var force = Values.Switch("--force", "Replace the file if it exists");
        return set.Leaf(
            "get",
            """
            Fetch a blob and check it. A file appears only when all of it is there and right; on standard output check the exit code.

            Example:
              market blob get blob8d2f…01 --output picture.png
            """,
            async run => await Get(run, await run.FindBlob(run.Get(id)), run.Get(file), run.Get(force)),
            id,
            file,
            force
        );
    }

    private static async Task<int> Get(Invocation run, BlobId id, string? file, bool force)
    {
        if (file is null && run.Json)
        {
            throw new CommandException(
                new Failure(ExitCodes.Usage, "usage", "With --json the blob itself cannot go to standard output.", "Give --output FILE.")
            );
        }
        // Asked before anything is fetched.
        if (file is not null && !force && File.Exists(run.Path(file)))
        {
            throw new CommandException(Failure.FileExists(run.Path(file)));
        }
        await using var content = await run.Client.Blobs.Open(id, run.Cancellation);
        if (file is null)
        {
            await run.Bytes(content);
            return ExitCodes.Ok;
        }
        var path = run.Path(file);
        var size = await TransferBar.Show(
            run.Surroundings,
            $"get {file}",
            content.Length,
            progress => BlobsClient.WriteToFile(content, path, force, progress, run.Cancellation)
        );
        await run.Answer(await run.Client.Blobs.Info(id, run.Cancellation), writer => writer.WriteLine($"{path} {size}"));
        return ExitCodes.Ok;
    }

    private static Command Info(CommandSet set)
    {
        var id = Ids.Blob();
        return set.Leaf(
            "info",
            """
            Show a blob's size and since when the account keeps it.

            Example:
              market blob info blob8d2f…01
            """,
            async run =>
            {
                var blob = await run.Client.Blobs.Info(await run.FindBlob(run.Get(id)), run.Cancellation);
                await run.Answer(
                    blob,
                    writer => Table.WriteFields(writer, ("blob", blob.Id), ("bytes", blob.Size), ("kept since", blob.PinnedAt))
                );
                return ExitCodes.Ok;
            },
            id
        );
    }

    private static Command List(CommandSet set)
    {
        var limit = Values.Limit();
        var cursor = Values.Cursor();
        return set.Leaf(
            "list",
            """
            List the blobs that the account keeps.

            Example:
              market blob list --limit 10
            """,
            async run =>
            {
                var page = await run.Client.Blobs.ListPage(run.Get(cursor), run.Get(limit) ?? 50, run.Cancellation);
                await run.Answer(
                    page,
                    writer =>
                        Table.Write(
                            writer,
                            run.TableWidth,
                            ["ID", "BYTES", "KEPT SINCE"],
                            page.Items.Select(blob => new[] { run.ShowId(blob.Id), Table.Show(blob.Size), run.ShowAge(blob.PinnedAt) })
                        )
                );
                run.NoteNext(page.Next);
                return ExitCodes.Ok;
            },
            limit,
            cursor
        );
    }

    private static Command Remove(CommandSet set)
    {
        var id = Ids.Blob();
        return set.Leaf(
            "rm",
            """
            Keep a blob no longer. Its bytes go when no account keeps them.

            Example:
              market blob rm blob8d2f…01
            """,
            async run =>
            {
                var blob = await run.FindBlob(run.Get(id));
                await run.Client.Blobs.Delete(blob, run.Cancellation);
                await run.AnswerDone("removed", blob.ToString());
                return ExitCodes.Ok;
            },
            id
        );
    }
}
