namespace Marketplace.Storage;

/// <summary>What an export file says of itself, once it was read to its end and found whole.</summary>
/// <param name="At">When it was made.</param>
/// <param name="Source">Of what: <c>embedded</c> or <c>postgres</c>.</param>
/// <param name="Secrets">The names of the key files in it.</param>
public sealed record ExportedFile(DateTimeOffset At, string Source, IReadOnlyList<string> Secrets, ContentsSummary Contents);

/// <summary>
/// Walks through an export file. Everything is checked on the way: each record's checksum, the order, the versions of each stream, the hash
/// of each blob, and at the end the counts and the hash of the whole file.
/// </summary>
internal sealed class ExportReader
{
    private readonly ExportRecords _records;
    private readonly IExportVisitor _visitor;
    private readonly CancellationToken _cancellation;
    private readonly ContentsTally _tally = new();
    private readonly List<string> _secrets = [];
    private (string Name, long Version) _stream = ("", 0);
    private ExportRecordKind _last = ExportRecordKind.About;

    private ExportReader(ExportRecords records, IExportVisitor visitor, CancellationToken cancellation) =>
        (_records, _visitor, _cancellation) = (records, visitor, cancellation);

    /// <exception cref="ExportFileException">The file is not whole and unchanged.</exception>
    public static async ValueTask<ExportedFile> Read(
        Stream file,
        string name,
        IExportVisitor visitor,
        IProgress<long>? progress,
        CancellationToken cancellation
    )
    {
        var records = new ExportRecords(file, name);
        records.Next();
        if (records.Kind != ExportRecordKind.About)
        {
            throw records.Wrong("the file does not begin with what it is about.");
        }
        var at = records.Number();
        if (at < 0 || at > DateTimeOffset.MaxValue.UtcTicks)
        {
            throw records.Wrong("it says that it was made at no moment of our calendar.");
        }
        var source = System.Text.Encoding.UTF8.GetString(records.Rest.Span);
        var reader = new ExportReader(records, visitor, cancellation);
        var contents = await reader.Walk(progress).ConfigureAwait(false);
        return new ExportedFile(new DateTimeOffset(at, TimeSpan.Zero), source, reader._secrets, contents);
    }

    private async ValueTask<ContentsSummary> Walk(IProgress<long>? progress)
    {
        while (true)
        {
            _cancellation.ThrowIfCancellationRequested();
            _records.Next();
            if (
                _records.Kind < _last
                || _records.Kind is ExportRecordKind.About or ExportRecordKind.BlobPiece
                || _records.Kind > ExportRecordKind.End
            )
            {
                throw _records.Wrong($"a record of kind {(byte)_records.Kind} cannot follow one of kind {(byte)_last}.");
            }
            _last = _records.Kind;
            if (_last == ExportRecordKind.End)
            {
                return CheckSeal();
            }
            await Visit().ConfigureAwait(false);
            progress?.Report(_records.Position);
        }
    }

    private ValueTask Visit() =>
        _last switch
        {
            ExportRecordKind.Secret => VisitSecret(),
            ExportRecordKind.Document => VisitDocument(),
            ExportRecordKind.Entry => VisitEntry(),
            _ => VisitBlob(),
        };

    private ValueTask VisitSecret()
    {
        var name = _records.Name();
        // It becomes a file's name.
        if (
            name.Length == 0
            || !name.All(letter => char.IsAsciiLetterLower(letter) || letter == '.')
            || name[0] == '.'
            || _secrets.Contains(name)
            || _secrets.Count == MovePolicy.SecretsMax
            || _records.Rest.Length > MovePolicy.SecretBytesMax
        )
        {
            throw _records.Wrong("it holds a key file that no data folder has.");
        }
        _secrets.Add(name);
        return _visitor.Secret(name, _records.Rest);
    }

    private ValueTask VisitDocument()
    {
        var key = new DocumentKey(_records.Name(), _records.Name());
        Require(() => StoreArguments.Check(key));
        _tally.Document(key, _records.Rest.Span);
        return _visitor.Document(key, _records.Rest);
    }

    private ValueTask VisitEntry()
    {
        var (stream, version) = (_records.Name(), _records.Number());
        Require(() => StoreArguments.CheckName(stream, "stream"));
        if (version != (stream == _stream.Name ? _stream.Version + 1 : 1))
        {
            throw _records.Wrong($"entry {version} of the stream '{stream}' cannot follow entry {_stream.Version} of '{_stream.Name}'.");
        }
        _stream = (stream, version);
        _tally.Entry(stream, version, _records.Rest.Span);
        return _visitor.Entry(stream, version, _records.Rest);
    }

    private async ValueTask VisitBlob()
    {
        var id = new BlobId(_records.Hash());
        var size = _records.Number();
        if (size < 0)
        {
            throw _records.Wrong($"{id} cannot have {size} bytes.");
        }
        _tally.Blob(id, size);
        var content = new ExportBlobStream(_records, id, size, _cancellation);
        await _visitor.Blob(id, size, content).ConfigureAwait(false);
        content.Finish();
    }

    private ContentsSummary CheckSeal()
    {
        var wanted = new ContentsSummary(
            _records.Number(),
            _records.Number(),
            _records.Number(),
            _records.Number(),
            _records.Number(),
            default
        );
        var secrets = _records.Number();
        wanted = wanted with { Digest = _records.Hash() };
        var seen = _tally.Summary;
        if (wanted != seen || secrets != _secrets.Count)
        {
            throw _records.Wrong($"the seal speaks of {wanted} and {secrets} key files, and there are {seen} and {_secrets.Count}.");
        }
        if (_records.Hash() != _records.RootBefore)
        {
            throw _records.Wrong("the hash of the whole file does not fit its seal: the file was changed.");
        }
        if (!_records.AtEndOfFile)
        {
            throw _records.Wrong("something follows the seal.");
        }
        return seen;
    }

    private void Require(Action check)
    {
        try
        {
            check();
        }
        catch (ArgumentException wrong)
        {
            throw _records.Wrong(wrong.Message);
        }
    }
}
