using System.Globalization;

namespace Marketplace.Receipts;

/// <summary>What a verifier has beside the ledger.</summary>
public sealed record LedgerEvidence
{
    /// <summary>The market whose history it should be.</summary>
    public MarketDomain? Market { get; init; }

    /// <summary>The namespace whose history it should be.</summary>
    public LedgerName? Namespace { get; init; }

    /// <summary>A head that was kept from earlier.</summary>
    public LedgerHeadFile? Earlier { get; init; }
}

/// <summary>Two operations or more that one author has signed under the same numbers: each of them proves it.</summary>
/// <param name="Author">Who did it.</param>
/// <param name="Epoch">The number that they share.</param>
/// <param name="Sequence">The other.</param>
/// <param name="Indexes">Where they stand, ascending.</param>
public sealed record LedgerFork(Bytes32 Author, ulong Epoch, ulong Sequence, IReadOnlyList<ulong> Indexes);

/// <summary>What was found of a ledger that holds.</summary>
/// <param name="Head">Its head, signed by its market.</param>
/// <param name="Kinds">How many records of each kind, by name.</param>
/// <param name="UnknownKinds">Those of them that this version does not know: their words were not checked.</param>
/// <param name="Forks">What authors have signed twice, in the order of the second record.</param>
/// <param name="MarketKnown">Whether the evidence says which market it should be.</param>
/// <param name="EarlierSize">Of the earlier head that it agrees with; null: none was given.</param>
public sealed record LedgerFindings(
    LedgerHeadFile Head,
    IReadOnlyDictionary<string, long> Kinds,
    IReadOnlyList<string> UnknownKinds,
    IReadOnlyList<LedgerFork> Forks,
    bool MarketKnown,
    ulong? EarlierSize
);

/// <summary>The ledger is not what it says; the message has the first difference.</summary>
/// <param name="line">In which line, counted from 1.</param>
/// <param name="finding">What was seen, and what should be there.</param>
public sealed class LedgerBrokenException(long line, string finding, Exception? inner = null)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"Line {line}: {finding}"), inner)
{
    public long Line { get; } = line;
}

/// <summary>
/// Checks a ledger offline, line by line, by LEDGER.md. It keeps some 400 bytes for each record, because two that one author gave the same
/// numbers may stand far apart.
/// </summary>
public sealed class LedgerVerifier(LedgerEvidence? evidence = null)
{
    private readonly LedgerEvidence _evidence = evidence ?? new LedgerEvidence();
    private readonly MerkleTail _tree = new();
    private readonly Dictionary<(Bytes32 Author, ulong Epoch, ulong Sequence), ulong> _numbers = [];
    private readonly Dictionary<(Bytes32 Author, ulong Epoch, ulong Sequence), List<ulong>> _forks = [];
    private readonly HashSet<Bytes32> _operations = [];
    private readonly HashSet<(Bytes32 Author, Bytes32 Change)> _changes = [];
    private readonly SortedDictionary<string, long> _kinds = new(StringComparer.Ordinal);
    private LedgerTitle? _title;
    private LedgerHeadFile? _head;
    private Bytes32 _last;
    private (ulong Epoch, ulong Sequence) _ofMarket;
    private long _line;

    /// <summary>The next line, without its end.</summary>
    /// <exception cref="LedgerBrokenException">It cannot stand here.</exception>
    public void Add(ReadOnlySpan<byte> line)
    {
        _line++;
        try
        {
            if (_title is null)
            {
                Begin(LedgerLines.ParseTitle(line));
            }
            else if (_head is not null)
            {
                throw Broken("It stands after the head, which is the last line.");
            }
            else if (line.StartsWith("{\"format\""u8))
            {
                End(LedgerLines.ParseHead(line));
            }
            else
            {
                Add(LedgerLines.ParseRecord(line));
            }
        }
        catch (LedgerFormatException malformed)
        {
            throw new LedgerBrokenException(_line, malformed.Message, malformed);
        }
    }

    /// <exception cref="LedgerBrokenException">The head is missing.</exception>
    public LedgerFindings Finish()
    {
        if (_head is null)
        {
            _line++;
            throw Broken("The head is missing: it is the last line, and the file was cut off.");
        }
        return new LedgerFindings(
            Head: _head,
            Kinds: _kinds,
            UnknownKinds: [.. _kinds.Keys.Where(kind => !LedgerKinds.IsKnown(kind))],
            Forks: [.. _forks.Select(fork => new LedgerFork(fork.Key.Author, fork.Key.Epoch, fork.Key.Sequence, fork.Value))],
            MarketKnown: _evidence.Market is not null,
            EarlierSize: _evidence.Earlier?.Head.Size
        );
    }

    private void Begin(LedgerTitle title)
    {
        if (_evidence.Market is { } market && title.Domain != market)
        {
            throw Broken(
                title.Domain.Market != market.Market
                    ? $"It is of the market {title.Domain.Market}, and should be of {market.Market}."
                    : $"It is of the market {market.Market} where it {title.Domain.Settlement}, and should be where it {market.Settlement}."
            );
        }
        if (_evidence.Namespace is { } name && title.Namespace != name)
        {
            throw Broken($"It is the history of '{title.Namespace}', and should be that of '{name}'.");
        }
        if (_evidence.Earlier is { } earlier)
        {
            if (earlier.Domain != title.Domain || earlier.Head.Namespace != title.Namespace)
            {
                throw Broken(
                    $"It is the history of '{title.Namespace}' at the market {ReceiptChecks.NameOf(title.Domain)}; the earlier head is "
                        + $"that of '{earlier.Head.Namespace}' at {ReceiptChecks.NameOf(earlier.Domain)}."
                );
            }
            if (!earlier.IsSigned())
            {
                throw Broken("The earlier head is not signed by its market: it proves nothing.");
            }
        }
        _title = title;
        CompareWithEarlier();
    }

    private void Add(LedgerRecord record)
    {
        var (operation, title) = (record.Operation, _title!);
        if (record.Index != _tree.Size)
        {
            throw Broken($"It says that it is record {record.Index}; record {_tree.Size} comes next.");
        }
        if (record.Before != _last)
        {
            throw Broken($"It follows a record {record.Before}; the record before it is {_last}.");
        }
        if (operation.Namespace != title.Namespace)
        {
            throw Broken($"It belongs to the namespace '{operation.Namespace}', and stands in that of '{title.Namespace}'.");
        }
        if (!title.Namespace.Admits(operation.Author, title.Domain.Market))
        {
            throw Broken($"Its author {operation.Author} is neither the market nor the owner of '{title.Namespace}'.");
        }
        if (!record.IsSigned(title.Domain))
        {
            throw Broken($"The signature of its author {operation.Author} does not hold.");
        }
        if (operation.Sequence == 0)
        {
            throw Broken("Its sequence is 0; sequences count from 1.");
        }
        Number(record);
        _last = record.Hash();
        _tree.Add(_last);
        _kinds[operation.Kind] = _kinds.GetValueOrDefault(operation.Kind) + 1;
        CompareWithEarlier();
    }

    private void Number(LedgerRecord record)
    {
        var operation = record.Operation;
        if (!_operations.Add(operation.Hash()))
        {
            throw Broken("The same operation stands in the ledger before.");
        }
        if (operation.Author == _title!.Domain.Market)
        {
            RequireNext(operation);
        }
        if (!_changes.Add((operation.Author, operation.Change)) && operation.Author == _title.Domain.Market)
        {
            throw Broken($"The market tells the change {operation.Change} a second time.");
        }
        var numbers = (operation.Author, operation.Epoch, operation.Sequence);
        if (_numbers.TryAdd(numbers, record.Index))
        {
            return;
        }
        if (!_forks.TryGetValue(numbers, out var indexes))
        {
            _forks.Add(numbers, indexes = [_numbers[numbers]]);
        }
        indexes.Add(record.Index);
    }

    /// <summary>The market writes the ledger, so its own operations stand there in their order.</summary>
    private void RequireNext(LedgerOperation operation)
    {
        var isNext =
            operation.Epoch == _ofMarket.Epoch
                ? operation.Sequence == _ofMarket.Sequence + 1
                : operation.Epoch > _ofMarket.Epoch && operation.Sequence == 1;
        if (!isNext)
        {
            throw Broken(
                $"The market numbers it {operation.Sequence} of epoch {operation.Epoch}, after {_ofMarket.Sequence} of epoch "
                    + $"{_ofMarket.Epoch}: numbers count from 1 in each epoch, without a gap."
            );
        }
        _ofMarket = (operation.Epoch, operation.Sequence);
    }

    private void End(LedgerHeadFile head)
    {
        var (title, stated) = (_title!, head.Head);
        if (head.Domain != title.Domain || stated.Namespace != title.Namespace)
        {
            throw Broken("The head is of another market or namespace than the first line.");
        }
        if (stated.Size != _tree.Size)
        {
            throw Broken($"The head says {stated.Size} records; there are {_tree.Size}.");
        }
        if (stated.Last != _last)
        {
            throw Broken($"The head says that the last record is {stated.Last}; it is {_last}.");
        }
        if (stated.Root != _tree.Root)
        {
            throw Broken($"The head says the root {stated.Root}; the records give {_tree.Root}.");
        }
        if (!head.IsSigned())
        {
            throw Broken("The market's signature of the head does not hold.");
        }
        if (_evidence.Earlier is { Head: var earlier } && earlier.Size > _tree.Size)
        {
            throw Broken($"The market has signed a head of {earlier.Size} records before; now there are {_tree.Size}: history was cut.");
        }
        _head = head;
    }

    private void CompareWithEarlier()
    {
        if (_evidence.Earlier is not { Head: var earlier } || earlier.Size != _tree.Size)
        {
            return;
        }
        if (earlier.Root != _tree.Root || earlier.Last != _last)
        {
            throw Broken(
                $"The market has signed before that the first {earlier.Size} records have the root {earlier.Root}; here they have "
                    + $"{_tree.Root}: history was rewritten. Keep both heads; they prove it."
            );
        }
    }

    private LedgerBrokenException Broken(string finding) => new(_line, finding);
}
