using System.CommandLine;
using System.Globalization;
using Marketplace.Storage;

namespace Marketplace.Cli.Commands;

/// <summary><c>market store</c>: works on the files of a data folder, without a service.</summary>
internal static class StoreCommands
{
    /// <summary>Where a silo keeps its books and its blobs inside its data folder.</summary>
    private const string BooksFolder = DataDirectory.StoreFolder;
    private const string BlobsFolder = DataDirectory.BlobFolder;

    public static Command Make(CommandSet set) =>
        CommandSet.Group("store", "Look after the files of a data folder.", Check(set), Compact(set));

    private static Command Check(CommandSet set)
    {
        var place = new NodePlaceOptions();
        return set.Leaf(
            "check",
            """
            Read everything in a data folder, report every damage, repair nothing. Exits with 6 if there is one.
            While a silo has the folder open only its blobs are checked. A database can be checked beside its silos.

            Example:
              market store check --data ./data
              market store check --database "Host=db;Username=market;Database=market" --blob-folder /mnt/blobs
            """,
            run => Check(run, place.Place(run)),
            place.Database,
            place.DatabaseFile,
            place.BlobFolder
        );
    }

    private static Command Compact(CommandSet set) =>
        set.Leaf(
            "compact",
            """
            Give back disk that the books of a stopped node need no more: that of jobs which were dropped, and of documents which were
            replaced. Needs room for what is kept, beside what is there. May be killed at any moment: the books stay whole, and the next
            run begins anew. Backups go on as before; what they have of dropped jobs they keep. Blobs are given back by the silo itself.
            Run it as the silo's user, whose the new files must be.

            Example:
              market store compact --data ./data
            """,
            Compact
        );

    private static async Task<int> Compact(Invocation run)
    {
        CompactionSummary summary;
        using (var line = new MoveLine(run.Surroundings))
        {
            summary = StoreCompaction.Run(run.DataPath, line, run.Cancellation);
        }
        if (run.Json)
        {
            await run.AnswerObject(writer =>
            {
                writer.WriteString("data", run.DataPath);
                writer.WriteNumber("bytesBefore", summary.BytesBefore);
                writer.WriteNumber("bytesAfter", summary.BytesAfter);
            });
            return ExitCodes.Ok;
        }
        var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        Table.WriteFields(text, ("before", $"{summary.BytesBefore} bytes"), ("after", $"{summary.BytesAfter} bytes"));
        await run.Text(text.ToString());
        return ExitCodes.Ok;
    }

    private static async Task<int> Check(Invocation run, NodePlace place)
    {
        if (place.Connection is null)
        {
            RequireDataFolder(place.DataFolder!);
        }
        var damages = new List<Damage>();
        var isWhole = true;
        await foreach (var damage in Damages(run, place, whole => isWhole = whole))
        {
            damages.Add(damage);
            if (!run.Json)
            {
                await run.Text($"{damage.Place}: {TerminalText.CleanLine(damage.What)}\n");
            }
        }
        if (run.Json)
        {
            await Answer(run, place.Name, isWhole, damages);
        }
        else
        {
            Conclude(run, place.Name, isWhole, damages.Count);
        }
        return damages.Count == 0 ? ExitCodes.Ok : ExitCodes.Damaged;
    }

    private static void RequireDataFolder(string data)
    {
        if (Directory.Exists(Path.Combine(data, BooksFolder)) || Directory.Exists(Path.Combine(data, BlobsFolder)))
        {
            return;
        }
        throw new CommandException(
            new Failure(
                ExitCodes.LocalFile,
                "data_folder",
                $"{data} is not the data folder of a silo: it has neither {BooksFolder} nor {BlobsFolder}.",
                "Name it with --data DIR."
            )
        );
    }

    private static async IAsyncEnumerable<Damage> Damages(Invocation run, NodePlace place, Action<bool> whole)
    {
        var books = place.Connection is { } connection
            ? PostgresCheck.Findings(connection, run.Cancellation)
            : Books(run, place.StoreFolder, whole);
        await foreach (var finding in books)
        {
            yield return new Damage(finding.File, place.Connection is null ? finding.Offset : null, finding.What);
        }
        if (!Directory.Exists(place.BlobFolder))
        {
            yield break;
        }
        await foreach (var damage in FileBlobStore.OpenBeside(place.BlobFolder, run.Surroundings.Clock).Check(run.Cancellation))
        {
            yield return new Damage($"{damage.Id} ({damage.Part})", damage.Offset, damage.What);
        }
    }

    private static async IAsyncEnumerable<StoreFinding> Books(Invocation run, string books, Action<bool> whole)
    {
        if (!Directory.Exists(books))
        {
            yield break;
        }
        using var check = StoreCheck.Open(books, run.Surroundings.Clock);
        whole(check.IsWhole);
        // The check takes a folder without a journal for one that holds only blobs; here it holds none.
        var journal = Path.Combine(books, DataDirectory.JournalFolder);
        if (!Directory.Exists(journal))
        {
            yield return new StoreFinding(journal, 0, "the folder is missing.");
        }
        await foreach (var finding in check.Findings(run.Cancellation))
        {
            yield return finding;
        }
    }

    private static void Conclude(Invocation run, string data, bool isWhole, int damages)
    {
        if (!isWhole)
        {
            run.Note("A silo has the folder open, so only its blobs were checked. Stop it to have all checked.");
        }
        run.Note(
            damages == 0
                ? $"No damage in {data}."
                : $"{damages} {(damages == 1 ? "damage" : "damages")} in {data}. "
                    + "Restore those files from a copy; a blob can also be removed and put again."
        );
    }

    private static Task Answer(Invocation run, string data, bool isWhole, List<Damage> damages) =>
        run.AnswerObject(writer =>
        {
            writer.WriteString("data", data);
            writer.WriteBoolean("whole", isWhole);
            writer.WriteStartArray("damages");
            foreach (var damage in damages)
            {
                writer.WriteStartObject();
                writer.WriteString("file", damage.File);
                if (damage.Offset is { } offset)
                {
                    writer.WriteNumber("offset", offset);
                }
                writer.WriteString("what", damage.What);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        });

    /// <param name="Offset">Null in a table.</param>
    private readonly record struct Damage(string File, long? Offset, string What)
    {
        public string Place => Offset is null ? File : $"{File} at byte {Offset}";
    }
}
