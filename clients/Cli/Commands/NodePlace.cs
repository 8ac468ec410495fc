using System.CommandLine;
using System.Data.Common;
using Marketplace.Storage;

namespace Marketplace.Cli.Commands;

/// <summary>The options that say where a node's data is: in a data folder, or in a database and the blob folder beside it.</summary>
internal sealed class NodePlaceOptions
{
    public Option<string?> Database { get; } =
        Values.Text(
            "--database",
            "CONNECTION",
            "PostgreSQL of a cluster, without a password [MARKET_DATABASE, which may have one, unless --data stands without --blob-folder]"
        );

    public Option<string?> DatabaseFile { get; } = Values.Text("--database-file", "FILE", "File with the connection string");

    public Option<string?> BlobFolder { get; } = Values.Text("--blob-folder", "DIR", "Blob folder of the cluster [MARKET_BLOB_FOLDER]");

    /// <exception cref="CommandException">The options contradict each other, or one is missing.</exception>
    public NodePlace Place(Invocation run)
    {
        var typed = run.Get(Database);
        var file = run.Get(DatabaseFile);
        if (typed is not null && file is not null)
        {
            throw Usage("--database and --database-file say the same: give one of them.");
        }
        if (typed is not null)
        {
            RefusePassword(typed);
        }
        // A data folder alone is a laptop node's, whatever the environment says; beside a blob folder it is where a cluster's silo has its
        // keys.
        var fromEnvironment = !run.DataIsTyped || run.Get(BlobFolder) is not null;
        var connection =
            typed
            ?? (
                file is not null ? ReadFile(run.Path(file))
                : fromEnvironment ? run.Surroundings.Environment("MARKET_DATABASE")
                : null
            );
        if (connection is null && run.Get(BlobFolder) is not null)
        {
            throw Usage(
                "--blob-folder stands beside a database, and none is given.",
                "Give --database or --database-file, or set MARKET_DATABASE."
            );
        }
        if (connection is null)
        {
            return new NodePlace(run.DataPath, null, Path.Combine(run.DataPath, DataDirectory.BlobFolder));
        }
        var blobs =
            run.Get(BlobFolder)
            ?? run.Surroundings.Environment("MARKET_BLOB_FOLDER")
            ?? throw Usage(
                "A database needs its blob folder beside it.",
                "Give --blob-folder DIR: what the silos are given as --blob-folder."
            );
        return new NodePlace(run.DataIsTyped ? run.DataPath : null, connection, run.Path(blobs));
    }

    private static void RefusePassword(string connection)
    {
        var parts = new DbConnectionStringBuilder();
        try
        {
            parts.ConnectionString = connection;
        }
        catch (ArgumentException)
        {
            throw Usage("--database is not a connection string.", "Expected for example 'Host=127.0.0.1;Username=market;Database=market'.");
        }
        if (((string[])["password", "pwd", "psw"]).Any(parts.ContainsKey))
        {
            throw Usage(
                "The password is not taken from the command line: other users of this machine can read it while the command runs.",
                "Put the connection string into MARKET_DATABASE, or into a file for --database-file."
            );
        }
    }

    private static string ReadFile(string path)
    {
        var text = File.ReadAllText(path).Trim();
        return text.Length > 0
            ? text
            : throw new CommandException(
                new Failure(ExitCodes.LocalFile, "local_file", $"{path} is empty.", "It holds the connection string, in one line.")
            );
    }

    private static CommandException Usage(string what, string? advice = null) => new(new Failure(ExitCodes.Usage, "usage", what, advice));
}

/// <summary>Where a node's data is.</summary>
/// <param name="DataFolder">A node's data folder; of a cluster the data folder of the silo that has the key files, or null.</param>
/// <param name="Connection">Of a cluster the database. Never shown: it may hold a password.</param>
/// <param name="BlobFolder">Where the blobs are.</param>
internal sealed record NodePlace(string? DataFolder, string? Connection, string BlobFolder)
{
    public string StoreFolder => Path.Combine(DataFolder!, DataDirectory.StoreFolder);

    /// <summary>For people: what is moved.</summary>
    public string Name => Connection is null ? DataFolder! : "the database";

    public async ValueTask<IStoreContents> OpenContents(Invocation run) =>
        Connection is { } connection
            ? await PostgresContents.Open(connection, cancellation: run.Cancellation)
            : EmbeddedContents.Open(StoreFolder, run.Surroundings.Clock);

    public async ValueTask<IImportTarget> OpenTarget(Invocation run) =>
        Connection is { } connection
            ? await PostgresImport.Open(connection, BlobFolder, DataFolder, cancellation: run.Cancellation)
            : EmbeddedImport.Open(DataFolder!, run.Surroundings.Clock);
}
