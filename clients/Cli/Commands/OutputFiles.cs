using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary>Brings the files that a job left to a folder of this machine.</summary>
internal static class OutputFiles
{
    public static Option<string?> Option() =>
        Values.Text("--output-dir", "DIR", "Where the job's files go, replacing those of the same names [they stay in the market]");

    /// <summary>Each file appears only when all of it is there and right.</summary>
    public static async Task Fetch(Invocation run, Job job, string? typed)
    {
        if (typed is null || job.Output?.Files is not { } files)
        {
            return;
        }
        var folder = run.Path(typed);
        foreach (var file in files)
        {
            var path = PathOf(folder, file.Name);
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                throw new CommandException(
                    new Failure(ExitCodes.LocalFile, "local_file", failed.Message, "Name another folder with --output-dir.")
                );
            }

            await TransferBar.Show(
                run.Surroundings,
                $"get {TerminalText.CleanLine(file.Name)}",
                file.Size,
                progress => run.Client.Blobs.GetToFile(file.Blob, path, overwrite: true, progress, run.Cancellation)
            );
        }
    }

    /// <summary>The program chose the name: it must not lead out of the folder, whatever this machine takes for a path.</summary>
    internal static string PathOf(string folder, string name)
    {
        var inside = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        var path = Path.GetFullPath(Path.Combine(inside, name));
        return path.StartsWith(inside, StringComparison.Ordinal) && path.Length > inside.Length
            ? path
            : throw new CommandException(
                new Failure(
                    ExitCodes.LocalFile,
                    "local_file",
                    $"The job left a file with the name {TerminalText.CleanLine(name)}, which leads out of {folder}.",
                    "Fetch its blob by id with 'market blob get'."
                )
            );
    }
}
