namespace Marketplace.Cli.Commands;

/// <summary>A file that a command fetches.</summary>
internal static class FetchedFile
{
    public static Task Write(Invocation run, string typed, ReadOnlyMemory<byte> content) =>
        Write(run, typed, force: null, async file => await file.WriteAsync(content, run.Cancellation));

    /// <summary>It gets its name when all of it is there. That it may not be replaced is said before anything is fetched.</summary>
    /// <param name="run">The command.</param>
    /// <param name="typed">The file as it was typed.</param>
    /// <param name="force">What the command's <c>--force</c> says; null: it has none, and replaces nothing.</param>
    /// <param name="write">Fetches the content.</param>
    /// <exception cref="CommandException">It cannot be written, or is there already.</exception>
    public static async Task Write(Invocation run, string typed, bool? force, Func<Stream, Task> write)
    {
        var path = run.Path(typed);
        if (force != true && File.Exists(path))
        {
            throw new CommandException(force is null ? Failed(path, "it is there already.", null).Failure : Failure.FileExists(path));
        }
        var part = path + ".part";
        await using (var file = Create(part, path))
        {
            try
            {
                await write(file);
                Finish(file, path);
            }
            catch
            {
                File.Delete(part);
                throw;
            }
        }
        try
        {
            File.Move(part, path, overwrite: force == true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            File.Delete(part);
            throw Failed(path, failure.Message, failure);
        }
    }

    private static FileStream Create(string part, string path)
    {
        try
        {
            return new FileStream(part, FileMode.Create, FileAccess.Write);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Failed(path, failure.Message, failure);
        }
    }

    private static void Finish(FileStream file, string path)
    {
        try
        {
            file.Flush(flushToDisk: true);
        }
        catch (IOException failure)
        {
            throw Failed(path, failure.Message, failure);
        }
    }

    private static CommandException Failed(string path, string why, Exception? failure)
    {
        var problem = new Failure(ExitCodes.LocalFile, "local_file", $"{path} cannot be written: {why}", "Name a new file.");
        return failure is null ? new CommandException(problem) : new CommandException(problem, failure);
    }
}
