using System.CommandLine;
using System.Globalization;
using Marketplace.Storage;

namespace Marketplace.Cli.Commands;

/// <summary><c>market backup</c> and <c>market restore</c>: copies of a node on one machine, taken while it runs.</summary>
internal static class BackupCommands
{
    public static Command Backup(CommandSet set)
    {
        var to = Values.Text("--to", "FOLDER", "The backup: a new folder, or that of the runs before");
        to.Required = true;
        return set.Leaf(
            "backup",
            """
            Copy a node to a folder, while its silo runs or not: books, jobs, programs, blobs, and the keys of its data folder. The first
            run copies all; the next ones what is new, and go on where a run was broken off. Every moment between can be restored.
            The backup holds keys: every reader of it has the accounts. Keep it as safe as the data folder, on another disk.
            Not in it: the votes of committees, which must never be older than what was signed, and files that options name elsewhere,
            such as certificates. Run it on the silo's machine as the silo's user, once a day or more often: blobs that nothing needs go
            after a day. A cluster's database is backed up with PostgreSQL's own tools.

            Example:
              market backup --to /backup/node --data ./data
            """,
            run => Backup(run, run.Get(to)!),
            to
        );
    }

    public static Command Restore(CommandSet set)
    {
        var from = new Argument<string>("FOLDER") { Description = "A folder that 'market backup' wrote" };
        var to = Values.Text("--to", "DATA", "The data folder to make: it does not exist, or is empty");
        to.Required = true;
        var at = Values.Option<DateTimeOffset>(
            "--at",
            "TIME",
            "The moment to go back to, such as 2026-03-01T09:30:00Z [the newest]",
            "a date and time with its zone, such as 2026-03-01T09:30:00Z or 2026-03-01T10:30:00.5+01:00",
            TryTime
        );
        return set.Leaf(
            "restore",
            """
            Make a data folder of a backup: as it was when the backup ended, or at an earlier moment. Every file of the backup is checked
            first; nothing is written if one is not what it was. The books are compared with themselves at the end.
            Until the restored node is started once with --accept-restored true, no silo starts on it: two nodes with the same keys would
            sign as the same market. Of a market that settles on a chain, restore the newest: the chain does not go back.

            Example:
              market restore /backup/node --to ./restored --at 2026-03-01T09:30:00Z
            """,
            run => Restore(run, run.Get(from)!, run.Get(to)!, run.Get(at)),
            from,
            to,
            at
        );
    }

    private static async Task<int> Backup(Invocation run, string to)
    {
        var path = run.Path(to);
        BackupSummary done;
        using (var line = new MoveLine(run.Surroundings))
        {
            done = await StoreBackup.Run(run.DataPath, path, run.Surroundings.Clock, line, run.Cancellation);
        }
        await Answer(run, path, done);
        run.Note(
            done.Secrets.Count > 0
                ? $"The backup holds {string.Join(", ", done.Secrets)}: every reader of it has the accounts. Keep it as safe as the keys."
                : "The data folder has no key files, so the backup has none."
        );
        foreach (var blob in done.DamagedBlobs)
        {
            run.Note($"{blob} is damaged and not in the backup. 'market store check' tells more.");
        }
        return done.DamagedBlobs.Count == 0 ? ExitCodes.Ok : ExitCodes.Damaged;
    }

    private static Task Answer(Invocation run, string path, BackupSummary done)
    {
        if (run.Json)
        {
            return run.AnswerObject(writer =>
            {
                writer.WriteString("backup", path);
                writer.WriteBoolean("full", done.IsNewChain);
                writer.WriteNumber("files", done.Files);
                writer.WriteNumber("bytes", done.Bytes);
                writer.WriteString("from", BackupTime.Text(done.From));
                writer.WriteString("to", BackupTime.Text(done.To));
                WriteNames(writer, "secrets", done.Secrets);
                WriteNames(writer, "damagedBlobs", done.DamagedBlobs.Select(blob => blob.ToString()));
            });
        }
        var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        Table.WriteFields(
            text,
            ("backup", path),
            ("copied", $"{(done.IsNewChain ? "all" : "what is new")}: {done.Files} {Word(done.Files)}, {done.Bytes} bytes"),
            ("can be restored", $"{BackupTime.Text(done.From)} to {BackupTime.Text(done.To)}"),
            ("secret files", done.Secrets.Count == 0 ? "none" : string.Join(", ", done.Secrets))
        );
        return run.Text(text.ToString());
    }

    private static async Task<int> Restore(Invocation run, string from, string to, DateTimeOffset? at)
    {
        var path = run.Path(to);
        RestoreSummary done;
        using (var line = new MoveLine(run.Surroundings))
        {
            done = await StoreRestore.Run(run.Path(from), path, at, run.Surroundings.Clock, line, run.Cancellation);
        }
        if (run.Json)
        {
            await run.AnswerObject(writer =>
            {
                writer.WriteString("restored", path);
                writer.WriteString("writtenAt", BackupTime.Text(done.WrittenAt));
                writer.WriteNumber("record", done.Record);
                writer.WriteNumber("blobs", done.Blobs);
                WriteNames(writer, "secrets", done.Secrets);
            });
        }
        else
        {
            var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
            Table.WriteFields(
                text,
                ("restored", path),
                ("as of", $"{BackupTime.Text(done.WrittenAt)}, record {done.Record}"),
                ("blobs", done.Blobs),
                ("secret files", done.Secrets.Count == 0 ? "none" : string.Join(", ", done.Secrets))
            );
            await run.Text(text.ToString());
        }
        run.Note(
            $"Make sure that the node of the backup does not run any more. Then start a silo with --data {path} --accept-restored true."
        );
        return ExitCodes.Ok;
    }

    private static string Word(long files) => files == 1 ? "file" : "files";

    private static void WriteNames(System.Text.Json.Utf8JsonWriter writer, string name, IEnumerable<string> names)
    {
        writer.WriteStartArray(name);
        foreach (var one in names)
        {
            writer.WriteStringValue(one);
        }
        writer.WriteEndArray();
    }

    /// <summary>With a zone: a time without one would mean another moment on another machine.</summary>
    private static bool TryTime(string text, out DateTimeOffset value)
    {
        value = default;
        var hasZone = text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.Ordinal);
        return text.Contains('T', StringComparison.Ordinal)
            && hasZone
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out value);
    }
}
