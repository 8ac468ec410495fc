using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Histories;

/// <summary>What one run did, and what it found.</summary>
internal sealed record HistoryResult(IReadOnlyList<string> Violations, string Order)
{
    public required int Deliveries { get; init; }

    public required int Records { get; init; }

    public required int Forks { get; init; }

    public required int Crashes { get; init; }

    public required int LostWrites { get; init; }

    public required int Heads { get; init; }

    public required int Changed { get; init; }
}

/// <summary>
/// A ledger to which the market tells changes and its owner gives operations that it has signed, some of them several under the same
/// numbers. Each comes once to three times in an order by chance, also to a second activation; the process ends in between, and writes are
/// lost or not confirmed. Whatever happens, the ledger has each operation once, shows each fork, agrees with every head that was given out,
/// and a copy that was changed in one place is refused.
/// </summary>
internal sealed class HistoryRun
{
    private static readonly Ed25519KeyPair Owner = TestKeys.Of("a worker that signs");
    private static readonly LedgerName Name = LedgerName.Of(new WorkerId(Owner.PublicKey));

    private readonly Random _random;
    private readonly List<string> _violations = [];
    private readonly List<LedgerHeadFile> _heads = [];
    private readonly List<(LedgerStatement? Signed, LedgerChange Change)> _told = [];
    private int _deliveries;
    private int _crashes;
    private int _lost;
    private int _changed;

    private HistoryRun(int seed) => _random = new Random(seed);

    public static Ed25519KeyPair OwnerKey => Owner;

    /// <summary>The same seed gives the same run.</summary>
    public static HistoryResult Run(int seed)
    {
        var run = new HistoryRun(seed);
        HistoryResult? result = null;
        TestMarket.Run(async market => result = await run.Play(market), (ulong)seed + 1);
        return result!;
    }

    public static LedgerStatement Say(MarketDomain domain, ulong epoch, ulong sequence, int price = 1)
    {
        var offer = LedgerWorkerTests.Offer(price) with { Worker = new WorkerId(Owner.PublicKey) };
        var change = LedgerChanges.Offered(offer, DateTimeOffset.UnixEpoch.AddHours((10 * epoch) + sequence));
        var operation = new LedgerOperation
        {
            Namespace = Name,
            Author = Owner.PublicKey,
            Epoch = epoch,
            Sequence = sequence,
            Change = change.Change,
            Kind = change.Kind,
            Subject = [.. change.Words.Select(word => new LedgerWord(word.Name, word.Value))],
            Time = change.Time,
        };
        return new LedgerStatement(Owner.PublicKey, epoch, sequence, change, Owner.Sign(operation.Digest(domain).ToArray()));
    }

    // CA5394: a repeatable run, no secret.
#pragma warning disable CA5394
    private async Task<HistoryResult> Play(TestMarket market)
    {
        var domain = (await market.Head(Name)).Domain;
        Tell(domain);
        var deliveries = _told.SelectMany(one => Enumerable.Repeat(one, _random.Next(1, 4))).OrderBy(_ => _random.Next()).ToArray();
        var hasFaults = _random.Next(3) == 0;
        var twin = _random.Next(3) == 0 ? (await market.StartTwin()).GetGrain<ILedgerGrain>(Name.ToString()) : null;
        foreach (var delivery in deliveries)
        {
            if (hasFaults)
            {
                market.Store.OnWrite = _ => Fate();
            }
            // A second activation lives only as long as no process ends.
            await Deliver(market, twin is not null && _crashes == 0 && _random.Next(2) == 0 ? twin : null, delivery);
            if (hasFaults && _random.Next(10) == 0)
            {
                market.Store.OnWrite = _ => WriteFate.Done;
                await market.CrashAndStart();
                _crashes++;
            }
            if (_random.Next(4) == 0)
            {
                market.Store.OnWrite = _ => WriteFate.Done;
                _heads.Add(await market.Head(Name));
            }
        }
        market.Store.OnWrite = _ => WriteFate.Done;
        return await Judge(market);
    }

    /// <summary>Five to ten numbers, each third one given two or three times; and as many changes that the market tells.</summary>
    private void Tell(MarketDomain domain)
    {
        var count = _random.Next(5, 11);
        for (var place = 0; place < count; place++)
        {
            var forks = place == 0 || _random.Next(3) == 0 ? _random.Next(2, 4) : 1;
            for (var fork = 0; fork < forks; fork++)
            {
                var statement = Say(domain, 1 + ((ulong)place / 5), 1 + ((ulong)place % 5), price: 1 + fork);
                _told.Add((statement, statement.Change));
            }
            var offer = LedgerWorkerTests.Offer(100 + place) with { Worker = new WorkerId(Owner.PublicKey) };
            _told.Add((null, LedgerChanges.Offered(offer, DateTimeOffset.UnixEpoch.AddYears(50).AddHours(place))));
        }
    }

    private WriteFate Fate()
    {
        if (_random.Next(12) != 0)
        {
            return WriteFate.Done;
        }
        _lost++;
        return _random.Next(2) == 0 ? WriteFate.Lost : WriteFate.Unconfirmed;
    }

    /// <summary>Until it is acknowledged, as its teller does.</summary>
    private async Task Deliver(TestMarket market, ILedgerGrain? twin, (LedgerStatement? Signed, LedgerChange Change) delivery)
    {
        _deliveries++;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var ledger = twin ?? market.Ledger(Name);
                await LostWrites.Resend(() =>
                    delivery.Signed is { } signed
                        ? ledger.AppendSigned(signed, Authority.Worker)
                        : ledger.Append([delivery.Change], Authority.Worker)
                );
                return;
            }
            catch (MarketException) when (attempt < 20)
            {
                // The outcome is not known, or the grain reads its ledger again.
                continue;
            }
        }
    }

    private async Task<HistoryResult> Judge(TestMarket market)
    {
        var records = await market.Records(Name);
        var found = await market.Verify(Name);
        var head = found.Head.Head;
        Same("operations", _told.Select(Show), records.Select(Show));
        var signed = _told.Where(one => one.Signed is not null).GroupBy(one => (one.Signed!.Epoch, one.Signed.Sequence));
        Same(
            "forks",
            signed.Where(group => group.Count() > 1).Select(group => $"{group.Key} {group.Count()}"),
            found.Forks.Select(fork => $"{(fork.Epoch, fork.Sequence)} {fork.Indexes.Count}")
        );
        foreach (var earlier in _heads.Select(kept => kept.Head))
        {
            var proof = LedgerLines.ParseProof(
                (await market.Ledger(Name).ProveBeginning(TestMarket.Reader, (long)earlier.Size, (long)head.Size)).Span
            );
            if (!MerkleLog.IsBeginning(earlier.Size, earlier.Root, head.Size, head.Root, proof.Hashes))
            {
                _violations.Add($"The head of {earlier.Size} records that was given out is not the beginning of {head.Size}.");
            }
        }
        // A tenth of the runs, because a verifier takes as long as all the rest.
        if (_random.Next(10) == 0)
        {
            RefuseChanged(records, found.Head);
        }
        return new HistoryResult(_violations, string.Join(' ', records.Select(record => record.Operation.Hash())))
        {
            Deliveries = _deliveries,
            Records = records.Count,
            Forks = found.Forks.Count,
            Crashes = _crashes,
            LostWrites = _lost,
            Heads = _heads.Count,
            Changed = _changed,
        };
    }

    /// <summary>A record left out, put elsewhere, told twice, or of another time: each by chance.</summary>
    private void RefuseChanged(IReadOnlyList<LedgerRecord> records, LedgerHeadFile head)
    {
        var place = _random.Next(records.Count - 1);
        IEnumerable<LedgerRecord>[] changed =
        [
            records.Where((_, index) => index != place),
            [.. records.Take(place), records[place + 1], records[place], .. records.Skip(place + 2)],
            [.. records.Take(place + 1), records[place], .. records.Skip(place + 1)],
            records.Select((record, index) => index == place ? record with { Operation = record.Operation with { Time = 1 } } : record),
            records.Select((record, index) => index == place ? record with { Signature = records[place + 1].Signature } : record),
        ];
        foreach (var copy in changed)
        {
            try
            {
                Verify([.. copy], head);
                _violations.Add($"A copy that was changed at record {place} holds.");
            }
            catch (LedgerBrokenException)
            {
                _changed++;
            }
        }
    }
#pragma warning restore CA5394

    private static void Verify(LedgerRecord[] records, LedgerHeadFile head)
    {
        var verifier = new LedgerVerifier();
        verifier.Add(
            LedgerLines.ToJson(
                new LedgerTitle
                {
                    Format = LedgerTitle.FormatName,
                    Domain = head.Domain,
                    Namespace = Name,
                }
            )
        );
        foreach (var record in records)
        {
            verifier.Add(LedgerLines.ToJson(record));
        }
        verifier.Add(LedgerLines.ToJson(head));
        verifier.Finish();
    }

    private static string Show((LedgerStatement? Signed, LedgerChange Change) told) =>
        $"{told.Signed?.Epoch}.{told.Signed?.Sequence} {told.Change.Change}";

    private static string Show(LedgerRecord record)
    {
        var operation = record.Operation;
        return operation.Author == Owner.PublicKey ? $"{operation.Epoch}.{operation.Sequence} {operation.Change}" : $". {operation.Change}";
    }

    private void Same(string what, IEnumerable<string> expected, IEnumerable<string> seen)
    {
        var (missing, more) = (new List<string>(expected), new List<string>());
        foreach (var one in seen)
        {
            if (!missing.Remove(one))
            {
                more.Add(one);
            }
        }
        if (missing.Count > 0 || more.Count > 0)
        {
            _violations.Add($"The {what} lack {string.Join(", ", missing)}; too many are {string.Join(", ", more)}.");
        }
    }
}
