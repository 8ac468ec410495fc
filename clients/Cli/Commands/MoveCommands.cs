using System.CommandLine;
using System.Globalization;
using Marketplace.Storage;

namespace Marketplace.Cli.Commands;

/// <summary><c>market export</c> and <c>market import</c>: a node's data in one file, from one kind of node to the other.</summary>
internal static class MoveCommands
{
    public static Command Export(CommandSet set)
    {
        var file = new Argument<string>("FILE") { Description = "The file to write" };
        var withKeys = Values.Switch("--with-keys", "Also the key files of the data folder: the file then is as secret as they are");
        var force = Values.Switch("--force", "Replace the file if it exists");
        var place = new NodePlaceOptions();
        return set.Leaf(
            "export",
            """
            Write all that a node keeps to one file: books, jobs, programs, blobs. The silo must be stopped; of a cluster, all silos.
            The file can be imported into a new node of either kind, on this machine or in a cluster.

            Example:
              market export node.market --data ./data --with-keys
              market export node.market --database "Host=db;Username=market;Database=market" --blob-folder /mnt/blobs
            """,
            run => Export(run, run.Get(file), run.Get(withKeys), run.Get(force), place.Place(run)),
            file,
            withKeys,
            force,
            place.Database,
            place.DatabaseFile,
            place.BlobFolder
        );
    }

    public static Command Import(CommandSet set)
    {
        var file = new Argument<string>("FILE") { Description = "A file that 'market export' wrote" };
        var checkOnly = Values.Switch("--check-only", "Only look whether the file is whole and unchanged");
        var place = new NodePlaceOptions();
        return set.Leaf(
            "import",
            """
            Bring what 'market export' wrote into a new node: a data folder that does not exist or is empty, or an empty database.
            The file is checked first, and all that arrived is compared with it. It is all or nothing.
            Into a database, --data names the data folder of the silo that gets the key files.

            Example:
              market import node.market --data ./data
              market import node.market --database "Host=db;Username=market;Database=market" --blob-folder /mnt/blobs --data /var/lib/silo1
            """,
            run => run.Get(checkOnly) ? Check(run, run.Get(file)) : Import(run, run.Get(file), place.Place(run)),
            file,
            checkOnly,
            place.Database,
            place.DatabaseFile,
            place.BlobFolder
        );
    }

    private static async Task<int> Export(Invocation run, string file, bool withKeys, bool force, NodePlace place)
    {
        if (withKeys && place.DataFolder is null)
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.Usage,
                    "usage",
                    "A database has no key files: they are in the data folder of a silo.",
                    "Name it with --data DIR."
                )
            );
        }
        var path = run.Path(file);
        if (!force && File.Exists(path))
        {
            throw new CommandException(Failure.FileExists(path));
        }
        ContentsSummary summary;
        var keys = withKeys ? KeyFiles.Read(place.DataFolder!) : [];
        using (var line = new MoveLine(run.Surroundings))
        {
            await using var contents = await place.OpenContents(run);
            // A node that has stored none has no folder for them; a cluster's folder must be there, or it is the wrong one.
            var hasBlobs = place.Connection is not null || Directory.Exists(place.BlobFolder);
            var blobs = hasBlobs ? FileBlobStore.OpenBeside(place.BlobFolder, run.Surroundings.Clock) : null;
            var source = new ExportSource(contents, blobs, place.Connection is null ? "embedded" : "postgres", keys);
            summary = await StoreExport.Write(path, force, source, run.Surroundings.Clock, line, run.Cancellation);
        }
        await Answer(run, "exported", path, summary, [.. keys.Select(key => key.Key)]);
        run.Note(
            keys.Count > 0
                ? "The file holds keys: every reader of it has the accounts. Keep it as safe as the keys."
                : "The key files are not in it; --with-keys takes them too."
        );
        if (withKeys && place.Connection is not null)
        {
            run.Note(
                $"Only the keys of {place.DataFolder} are in it. Each other silo of the cluster has a worker.key of its own in its data "
                    + "folder, which an export here cannot reach. Only that key can spend what that worker earned. Copy those folders too."
            );
        }
        return ExitCodes.Ok;
    }

    private static async Task<int> Import(Invocation run, string file, NodePlace place)
    {
        var path = FileOf(run, file);
        ExportedFile imported;
        using (var line = new MoveLine(run.Surroundings))
        {
            await using var target = await place.OpenTarget(run);
            imported = await StoreImport.Run(path, target, line, run.Cancellation);
        }
        await Answer(run, "imported", path, imported.Contents, imported.Secrets);
        run.Note(Next(imported, place));
        return ExitCodes.Ok;
    }

    private static async Task<int> Check(Invocation run, string file)
    {
        var path = FileOf(run, file);
        ExportedFile whole;
        using (var line = new MoveLine(run.Surroundings))
        {
            whole = await StoreImport.Verify(path, line, run.Cancellation);
        }
        await Answer(run, "whole", path, whole.Contents, whole.Secrets);
        return ExitCodes.Ok;
    }

    private static string FileOf(Invocation run, string file)
    {
        var path = run.Path(file);
        return File.Exists(path)
            ? path
            : throw new CommandException(
                new Failure(ExitCodes.LocalFile, "local_file", $"There is no file {path}.", "'market export' writes one.")
            );
    }

    private static string Next(ExportedFile imported, NodePlace place)
    {
        if (imported.Secrets.Count == 0)
        {
            return "The file has no key files, so no silo has the account's key. API keys work as before: give yours with --key or "
                + "MARKET_KEY.";
        }
        if (place.DataFolder is null)
        {
            return "The key files stayed in the file. API keys work as before; with --data DIR the silo of that data folder gets the "
                + "key files.";
        }
        return place.Connection is null
            ? $"Start a silo with --data {place.DataFolder} --accept-restored true. Do not start the node that was exported again: there "
                + "would be two of each account."
            : $"Start the first silo with --data {place.DataFolder} --accept-restored true. Do not start the node that was exported "
                + "again: there would be two of each account.";
    }

    private static Task Answer(Invocation run, string what, string path, ContentsSummary contents, IReadOnlyList<string> keys)
    {
        if (run.Json)
        {
            return run.AnswerObject(writer =>
            {
                writer.WriteString(what, path);
                writer.WriteNumber("documents", contents.Documents);
                writer.WriteNumber("streams", contents.Streams);
                writer.WriteNumber("entries", contents.Entries);
                writer.WriteNumber("blobs", contents.Blobs);
                writer.WriteNumber("blobBytes", contents.BlobBytes);
                writer.WriteString("contents", contents.Digest.ToString());
                writer.WriteStartArray("keys");
                foreach (var key in keys)
                {
                    writer.WriteStringValue(key);
                }
                writer.WriteEndArray();
            });
        }
        var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        Table.WriteFields(
            text,
            (what, path),
            ("documents", contents.Documents),
            ("streams", $"{contents.Streams}, {contents.Entries} entries"),
            ("blobs", $"{contents.Blobs}, {contents.BlobBytes} bytes"),
            ("key files", keys.Count == 0 ? "none" : string.Join(", ", keys)),
            ("contents", contents.Digest)
        );
        return run.Text(text.ToString());
    }
}
