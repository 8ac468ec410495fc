using Npgsql;
using NpgsqlTypes;

namespace Marketplace.Storage;

/// <summary>
/// A database and the blob folder that its silos share, as an import's target. All rows are written and compared in one transaction, so
/// they are there together or not at all. Blobs of an import that failed have no pin, and a collection removes them.
/// </summary>
public sealed class PostgresImport : IImportTarget, IExportVisitor
{
    private readonly PostgresMoving _moving;
    private readonly FileBlobStore _blobs;
    private readonly string? _keyFolder;
    private readonly ContentsTally _arrived = new();
    private readonly List<KeyValuePair<string, byte[]>> _secrets = [];
    private readonly List<string> _created = [];
    private NpgsqlConnection? _connection;
    private NpgsqlTransaction? _transaction;
    private NpgsqlBinaryImporter? _documents;
    private NpgsqlBinaryImporter? _entries;
    private bool _completed;

    private PostgresImport(PostgresMoving moving, FileBlobStore blobs, string? keyFolder) =>
        (_moving, _blobs, _keyFolder) = (moving, blobs, keyFolder);

    /// <summary>Looks whether the database is fit, and brings it to this build's schema.</summary>
    /// <param name="blobFolder">What every silo is told to keep blobs in.</param>
    /// <param name="keyFolder">The data folder of the silo that shall have the key files; null: they stay in the export.</param>
    /// <exception cref="MoveRefusedException">Silos run on the database, or it holds a market already.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be reached.</exception>
    public static async ValueTask<PostgresImport> Open(
        string connectionString,
        string blobFolder,
        string? keyFolder,
        bool requireDurableServer = true,
        CancellationToken cancellation = default
    )
    {
        var moving = await PostgresMoving.Open(connectionString, requireDurableServer, cancellation).ConfigureAwait(false);
        try
        {
            await PostgresSchema.Apply(connectionString, cancellation).ConfigureAwait(false);
            await using (var connection = await moving.Connect(cancellation).ConfigureAwait(false))
            {
                await RequireEmpty(connection, cancellation).ConfigureAwait(false);
            }
            return new PostgresImport(moving, FileBlobStore.OpenShared(blobFolder, new FileBlobStoreOptions()), keyFolder);
        }
        catch (Exception failure)
        {
            await moving.DisposeAsync().ConfigureAwait(false);
            throw PostgresMoving.Translate(failure) ?? failure;
        }
    }

    ValueTask<IExportVisitor> IImportTarget.Begin(CancellationToken cancellation) => new(this);

    ValueTask IExportVisitor.Secret(string name, ReadOnlyMemory<byte> content)
    {
        if (_keyFolder is null)
        {
            return default;
        }
        if (File.Exists(Path.Combine(_keyFolder, name)))
        {
            throw new MoveRefusedException(
                $"'{Path.Combine(_keyFolder, name)}' exists, and the export brings one too. Give another folder, or none."
            );
        }
        KeyFiles.RefuseLooseFolder(_keyFolder);
        _secrets.Add(new(name, content.ToArray()));
        return default;
    }

    ValueTask IExportVisitor.Blob(BlobId id, long size, Stream content) => ImportedBlobs.Store(_blobs, id, size, content, _arrived);

    ValueTask IExportVisitor.Document(DocumentKey key, ReadOnlyMemory<byte> content) =>
        Translated(async () =>
        {
            var rows = _documents ??= await (await Transaction().ConfigureAwait(false))
                .BeginBinaryImportAsync("copy market.documents(kind, id, version, checksum, content) from stdin (format binary)")
                .ConfigureAwait(false);
            await rows.StartRowAsync().ConfigureAwait(false);
            await rows.WriteAsync(key.Kind, NpgsqlDbType.Text).ConfigureAwait(false);
            await rows.WriteAsync(key.Id, NpgsqlDbType.Text).ConfigureAwait(false);
            await rows.WriteAsync(1L, NpgsqlDbType.Bigint).ConfigureAwait(false);
            await rows.WriteAsync(RowChecksum.Of(key.Id, 1, content.Span), NpgsqlDbType.Bigint).ConfigureAwait(false);
            await rows.WriteAsync(content, NpgsqlDbType.Bytea).ConfigureAwait(false);
        });

    ValueTask IExportVisitor.Entry(string stream, long version, ReadOnlyMemory<byte> content) =>
        Translated(async () =>
        {
            await CompleteDocuments().ConfigureAwait(false);
            var rows = _entries ??= await (await Transaction().ConfigureAwait(false))
                .BeginBinaryImportAsync("copy market.log(stream, version, checksum, content) from stdin (format binary)")
                .ConfigureAwait(false);
            await rows.StartRowAsync().ConfigureAwait(false);
            await rows.WriteAsync(stream, NpgsqlDbType.Text).ConfigureAwait(false);
            await rows.WriteAsync(version, NpgsqlDbType.Bigint).ConfigureAwait(false);
            await rows.WriteAsync(RowChecksum.Of(stream, version, content.Span), NpgsqlDbType.Bigint).ConfigureAwait(false);
            await rows.WriteAsync(content, NpgsqlDbType.Bytea).ConfigureAwait(false);
        });

    ValueTask IImportTarget.Complete(ContentsSummary wanted, CancellationToken cancellation) =>
        Translated(async () =>
        {
            await CompleteDocuments().ConfigureAwait(false);
            await CompleteEntries().ConfigureAwait(false);
            var connection = await Transaction().ConfigureAwait(false);
            await foreach (var (key, document) in PostgresContents.Documents(connection, cancellation).ConfigureAwait(false))
            {
                _arrived.Document(key, document.Content.Span);
            }
            await foreach (var (stream, entry) in PostgresContents.Entries(connection, cancellation).ConfigureAwait(false))
            {
                _arrived.Entry(stream, entry.Version, entry.Content.Span);
            }
            if (_arrived.Summary != wanted)
            {
                throw new ImportDiffersException(wanted, _arrived.Summary);
            }
            await PostgresReadModel.Want(connection, cancellation).ConfigureAwait(false);
            // Before the commit: a market without the keys of its account would be worse than key files without their market.
            WriteSecrets();
            await _transaction!.CommitAsync(cancellation).ConfigureAwait(false);
            _completed = true;
        });

    public async ValueTask DisposeAsync()
    {
        if (_documents is not null)
        {
            await _documents.DisposeAsync().ConfigureAwait(false);
        }
        if (_entries is not null)
        {
            await _entries.DisposeAsync().ConfigureAwait(false);
        }
        if (_transaction is not null)
        {
            await _transaction.DisposeAsync().ConfigureAwait(false);
        }
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        await _moving.DisposeAsync().ConfigureAwait(false);
        if (_completed)
        {
            return;
        }
        foreach (var file in _created)
        {
            File.Delete(file);
        }
    }

    private static async ValueTask RequireEmpty(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select exists(select 1 from market.documents) or exists(select 1 from market.log)",
            connection
        );
        if (await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is true)
        {
            throw new MoveRefusedException("The database holds a market already. An import needs a new one: 'create database …' makes it.");
        }
    }

    private static async ValueTask Translated(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception failure) when (PostgresMoving.Translate(failure) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>Begun late, when the blobs are stored: a server may end a transaction that does nothing for long.</summary>
    private async ValueTask<NpgsqlConnection> Transaction()
    {
        if (_connection is { } open)
        {
            return open;
        }
        _connection = await _moving.Connect(CancellationToken.None).ConfigureAwait(false);
        _transaction = await _connection.BeginTransactionAsync().ConfigureAwait(false);
        await using (var alone = new NpgsqlCommand("lock table market.documents, market.log in share row exclusive mode", _connection))
        {
            await alone.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
        await RequireEmpty(_connection, CancellationToken.None).ConfigureAwait(false);
        return _connection;
    }

    private async ValueTask CompleteDocuments()
    {
        if (_documents is not { } rows)
        {
            return;
        }
        _documents = null;
        await using (rows)
        {
            await rows.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask CompleteEntries()
    {
        if (_entries is not { } rows)
        {
            return;
        }
        _entries = null;
        await using (rows)
        {
            await rows.CompleteAsync().ConfigureAwait(false);
        }
    }

    private void WriteSecrets()
    {
        if (_secrets.Count == 0)
        {
            return;
        }
        RestoredMark.Write(_keyFolder!, RestoredMark.Imported);
        _created.Add(Path.Combine(_keyFolder!, RestoredMark.FileName));
        foreach (var (name, content) in _secrets)
        {
            KeyFiles.Write(_keyFolder!, name, content);
            _created.Add(Path.Combine(_keyFolder!, name));
        }
    }
}
