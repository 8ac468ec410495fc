using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>What readers get: heads, records, proofs. Full tiles are written once, after the records that they are made of.</summary>
internal sealed partial class LedgerGrain
{
    private const string TileKind = "ledger-tile";

    public async Task<ReadOnlyMemory<byte>> GetHead(Caller caller)
    {
        await RequireReader(caller);
        var head = new LedgerHead
        {
            Namespace = _name,
            Size = (ulong)_ledger.Size,
            Root = _ledger.Tiles.Root,
            Last = _ledger.Last,
            Time = Invocation.Nanoseconds(_clock.GetUtcNow()),
        };
        var file = new LedgerHeadFile
        {
            Format = LedgerHeadFile.FormatName,
            Domain = _domain,
            Head = head,
            Signature = Convert.ToHexStringLower(_market.Sign(head.Digest(_domain).ToArray())),
        };
        return LedgerLines.ToJson(file);
    }

    public async Task<ImmutableArray<ReadOnlyMemory<byte>>> List(Caller caller, long from, int count)
    {
        await RequireReader(caller);
        if (from < 0 || count is < 1 or > MarketLimits.LedgerRecordsMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"{count} records from {from} on are asked for; allowed are 1 to {MarketLimits.LedgerRecordsMax}, from 0 on."
            );
        }
        var lines = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        var size = 0L;
        for (var end = Math.Min(from + count, _ledger.Size); from < end && size < LedgerGrainPolicy.PageBytesMax; )
        {
            // A page is read in parts, so that one of large records is not read to its end for nothing.
            var upTo = Math.Min(end, from + LedgerTile.HashesMax);
            await _log.Replay(
                StoredForms.Ledger.StreamOf(_id),
                from + 1,
                upTo,
                entry =>
                {
                    if (lines.Count == 0 || size < LedgerGrainPolicy.PageBytesMax)
                    {
                        var line = LedgerLines.ToJson(LedgerEntry.Read(entry.Content.Span).ToRecord(entry.Version - 1));
                        size += line.Length;
                        lines.Add(line);
                    }
                    return default;
                }
            );
            from = upTo;
        }
        return lines.ToImmutable();
    }

    public async Task<ReadOnlyMemory<byte>> Prove(Caller caller, long index, long? size)
    {
        await RequireReader(caller);
        var all = size ?? _ledger.Size;
        if (index < 0 || index >= all || all > _ledger.Size)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The proof of record {index} of {all} is asked for; '{_name}' has {_ledger.Size} records, and indexes count from 0."
            );
        }
        return await Prove(index, all, MerkleLog.InclusionRanges((ulong)index, (ulong)all));
    }

    public async Task<ReadOnlyMemory<byte>> ProveBeginning(Caller caller, long from, long? to)
    {
        await RequireReader(caller);
        var all = to ?? _ledger.Size;
        if (from < 0 || from > all || all > _ledger.Size)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The proof that {from} records are the beginning of {all} is asked for; '{_name}' has {_ledger.Size} records."
            );
        }
        return await Prove(from, all, MerkleLog.ConsistencyRanges((ulong)from, (ulong)all));
    }

    private async Task<ReadOnlyMemory<byte>> Prove(long from, long size, IReadOnlyList<MerkleRange> ranges)
    {
        var tiles = new Dictionary<(int, long), IReadOnlyList<Bytes32>>();
        var hashes = new List<Bytes32>(ranges.Count);
        foreach (var range in ranges)
        {
            var subtrees = new List<Bytes32>();
            foreach (var subtree in MerkleLog.SubtreesOf(range))
            {
                var place = LedgerTiles.TileOf(subtree);
                if (!tiles.TryGetValue(place, out var tile))
                {
                    tiles.Add(place, tile = _ledger.Tiles.Find(place.Level, place.Index) ?? await ReadTile(place.Level, place.Index));
                }
                subtrees.Add(LedgerTiles.HashOf(tile, subtree));
            }
            hashes.Add(MerkleLog.HashOf(subtrees));
        }
        return LedgerLines.ToJson(
            new LedgerProof
            {
                From = (ulong)from,
                Size = (ulong)size,
                Hashes = hashes,
            }
        );
    }

    /// <summary>A tile that cannot be written now is kept in memory: what it is made of is durable already.</summary>
    private async ValueTask SaveTiles()
    {
        var unsaved = _ledger.Tiles.Unsaved;
        while (unsaved.TryPeek(out var tile))
        {
            var bytes = new byte[LedgerTile.HashesMax * Bytes32.Size];
            for (var index = 0; index < tile.Hashes.Length; index++)
            {
                tile.Hashes[index].CopyTo(bytes.AsSpan(index * Bytes32.Size));
            }
            try
            {
                await _documents.Write(KeyOf(tile.Level, tile.Index), 0, bytes);
            }
            catch (VersionConflictException)
            {
                // It was written before a restart or by another activation: the same records give the same bytes.
            }
            catch (Exception failure)
            {
                LogTileFailed(failure, _name);
                return;
            }
            unsaved.Dequeue();
        }
    }

    private async ValueTask<IReadOnlyList<Bytes32>> ReadTile(int level, long index)
    {
        if (await _documents.ReadDocument(KeyOf(level, index)) is not { Content.Length: LedgerTile.HashesMax * Bytes32.Size } tile)
        {
            throw new InvalidDataException($"The ledger of {_name} lacks its tile {level}.{index}, or the tile is damaged.");
        }
        var hashes = new Bytes32[LedgerTile.HashesMax];
        for (var place = 0; place < hashes.Length; place++)
        {
            hashes[place] = new Bytes32(tile.Content.Span.Slice(place * Bytes32.Size, Bytes32.Size));
        }
        return hashes;
    }

    private DocumentKey KeyOf(int level, long index) => new(TileKind, $"{_id}.{level}.{index}");

    /// <summary>
    /// What another activation has appended counts: a head that is shorter than one that was given out before would look like history that
    /// was cut.
    /// </summary>
    private async ValueTask RequireReader(Caller caller)
    {
        LedgerTellers.RequireReader(_name, caller);
        _journal.RequireSound();
        await _journal.RequireNewest();
        if (_ledger.Size == 0)
        {
            // A stranger's question leaves no activation behind.
            DeactivateOnIdle();
        }
    }
}
