using System.CommandLine;
using Marketplace.Storage;

namespace Marketplace.Cli.Commands;

/// <summary><c>market store</c>: works on the files of a data folder, without a service.</summary>
internal static class StoreCommands
{
    /// <summary>Where a silo keeps its books and its blobs inside its data folder.</summary>
    private const string BooksFolder = "store";
    private const string BlobsFolder = "blobs";

    public static Command Make(CommandSet set) => CommandSet.Group("store", "Look after the files of a data folder.", Check(set));

    private static Command Check(CommandSet set) => set.Leaf(
        "check",
        """
        Read every blob in a data folder, report every damage, repair nothing. Exits with 6 if there is one.

        Example:
          market store check --data ./data
        """,
        async run =>
        {
            var data = run.DataPath;
            if (!Directory.Exists(Path.Combine(data, BooksFolder)) && !Directory.Exists(Path.Combine(data, BlobsFolder)))
            {
                throw new CommandException(new Failure(
                    ExitCodes.LocalFile, "data_folder",
                    $"{data} is not the data folder of a silo: it has neither {BooksFolder} nor {BlobsFolder}.",
                    "Name it with --data DIR."));
            }
            var damages = new List<Damage>();
            await foreach (var damage in Damages(run, data))
            {
                damages.Add(damage);
                if (!run.Json)
                    await run.Text($"{damage.File} at byte {damage.Offset}: {TerminalText.CleanLine(damage.What)}\n");
            }
            if (run.Json)
                await Answer(run, data, damages);
            else
                Conclude(run, data, damages.Count);
            return damages.Count == 0 ? ExitCodes.Ok : ExitCodes.Damaged;
        });

    private static async IAsyncEnumerable<Damage> Damages(Invocation run, string data)
    {
        var blobs = Path.Combine(data, BlobsFolder);
        if (!Directory.Exists(blobs))
            yield break;
        await foreach (var damage in FileBlobStore.OpenBeside(blobs, run.Surroundings.Clock).Check(run.Cancellation))
            yield return new Damage($"{damage.Id} ({damage.Part})", damage.Offset, damage.What);
    }

    private static void Conclude(Invocation run, string data, int damages)
    {
        run.Note(damages == 0
            ? $"No damage in {data}."
            : $"{damages} {(damages == 1 ? "damage" : "damages")} in {data}. "
                + "Restore those files from a copy; a blob can also be removed and put again.");
    }

    private static Task Answer(Invocation run, string data, List<Damage> damages) => run.AnswerObject(writer =>
    {
        writer.WriteString("data", data);
        writer.WriteStartArray("damages");
        foreach (var damage in damages)
        {
            writer.WriteStartObject();
            writer.WriteString("file", damage.File);
            writer.WriteNumber("offset", damage.Offset);
            writer.WriteString("what", damage.What);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    });

    private readonly record struct Damage(string File, long Offset, string What);
}
