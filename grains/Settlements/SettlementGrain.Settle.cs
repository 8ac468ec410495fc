using Marketplace.Chain;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// The books come to the chain. A settlement is made and written with its file, then signed by members, then sent until a block
/// that is deep enough has it. Its number is settled once by the escrow, whatever is sent; so a version that came too late for its epoch is
/// made anew under the same number, and whichever of them the chain has is the one that counts.
/// </summary>
internal sealed partial class SettlementGrain
{
    private async Task Settle(ChainBlock counted, ChainBlock head, CancellationToken cancellation)
    {
        var books = await _chain!.ReadBooks(counted, cancellation);
        await TakeBack(books, counted);
        await TakeSettled(books, cancellation);
        _isClosed = books.IsClosed;
        if (_isClosed)
        {
            throw Waits(
                SettlementTrouble.Closed,
                "The escrow is closed: there was no settlement for too long. Accounts leave by the last one; the market needs new "
                    + "contracts."
            );
        }
        if (State.Open is null && State.Again is [var lost, ..])
        {
            await Write(State with { Open = lost, Again = State.Again.RemoveAt(0) });
        }
        if (State.Open is { } open && _chainTerms!.EpochAt(head.Time) > open.Settlement.Epoch + 1)
        {
            if ((await _chain.ReadBooks(head, cancellation)).Last?.Number >= open.Settlement.Number)
            {
                // It came in time, and waits for its depth.
                return;
            }
            LogEpochOver(open.Settlement.Number, open.Settlement.Epoch);
            await Make(open.Settlement.Number, counted, books, cancellation);
        }
        else if (State.Open is null && (IsDue() || IsExitNear(books, head)))
        {
            await Make(State.Next, counted, books, cancellation, evenIfSame: IsExitNear(books, head));
        }
        if (State.Open is { Signature: null })
        {
            await Sign(counted, cancellation);
        }
        if (State.Open is { Signature: not null })
        {
            await Send(books, counted, head, cancellation);
        }
    }

    /// <summary>The chain has settled what was under way, in a block that is deep enough.</summary>
    private async Task TakeSettled(ChainBooks books, CancellationToken cancellation)
    {
        if (books.Last is not { } last || last.Number < State.Next)
        {
            return;
        }
        if (State.Versions.FirstOrDefault(version => version.Settlement == last) is not { } settled)
        {
            throw Waits(
                SettlementTrouble.OtherBooks,
                $"The escrow has settlement {last.Number} with accounts {last.Accounts}, which this market did not make, or has lost: its "
                    + "books may be an old copy. Nothing is settled until an operator has looked."
            );
        }
        // Of several that the chain had lost together, some may be there again at once.
        BooksUnderWay[] done = [.. State.InLine.Where(version => version.Settlement.Number < last.Number), settled];
        BooksUnderWay[] over = [.. State.Versions.Where(version => version.Settlement.Number <= last.Number).Except(done)];
        var (past, kept) = (State.Past, State.Kept);
        foreach (var version in done)
        {
            var attempt = await FindAttempt(version, cancellation);
            past = past.Add(
                new SettledBooks(version.Settlement, version.Content, attempt?.Transaction.Hash ?? default, _clock.GetUtcNow())
            );
            kept = kept.Add(version with { Attempts = attempt is null ? [] : [attempt] });
        }
        await Write(
            State with
            {
                Past = [.. past.TakeLast(SettlementPolicy.PastMax)],
                Kept = [.. kept.TakeLast(SettlementPolicy.SentAgainMax)],
                Batches = settled.Content.Batches,
                Open = null,
                Earlier = [.. State.Earlier.Where(version => version.Settlement.Number > last.Number)],
                Again = [.. State.Again.Where(version => version.Settlement.Number > last.Number)],
            }
        );
        _votes = null;
        LogSettled(last.Number, settled.Content.Accounts, settled.Content.Receipts, past[^1].Transaction);
        foreach (var version in over)
        {
            await _files.Delete(version.Settlement, version.Content.Parts);
        }
        foreach (var old in State.Past.SkipLast(SettlementPolicy.KeptMax).TakeLast(done.Length))
        {
            await _files.Delete(old.Settlement, old.Content.Parts);
        }
    }

    /// <returns>Null where none of the market's own has settled it.</returns>
    private async Task<SendAttempt?> FindAttempt(BooksUnderWay settled, CancellationToken cancellation)
    {
        foreach (var attempt in settled.Attempts.Reverse())
        {
            if (await _chain!.FindInclusion(attempt.Transaction.Hash, cancellation) is { HasSucceeded: true })
            {
                return attempt;
            }
        }
        return null;
    }

    private bool IsDue() => State.Past.IsEmpty || _clock.GetUtcNow() - State.Past[^1].At >= _terms.Interval;

    /// <summary>
    /// The escrow of a market that settles nothing is anybody's to close, also where there was nothing to settle. The other half of the
    /// delay, two epochs at least, is there for members and blocks that are late.
    /// </summary>
    private bool IsExitNear(ChainBooks books, ChainBlock head) =>
        head.Time >= books.SettledAt && TimeSpan.FromSeconds(head.Time - books.SettledAt) >= _chainTerms!.ExitDelay / 2;

    /// <summary>Makes a settlement of the books as they are, if it would say anything new.</summary>
    /// <param name="evenIfSame">Also if it would not: that it comes is what it says.</param>
    private async Task Make(ulong number, ChainBlock counted, ChainBooks books, CancellationToken cancellation, bool evenIfSame = false)
    {
        var epoch = _chainTerms!.EpochAt(counted.Time);
        var before = State.Past.IsEmpty ? null : State.Past[^1].Settlement;
        var (batches, receipts) = await NewReceipts();
        var place = (number, Math.Max(epoch, before?.Epoch ?? 0), counted.Number);
        var rows = await ReadTotals();
        if (rows.Count > _terms.AccountsMax)
        {
            throw Waits(
                SettlementTrouble.TooManyRows,
                $"Settlement {number} would have a row for each of {rows.Count} accounts that have deposited or earned; members sign one "
                    + $"with at most {_terms.AccountsMax}. The market must move to new contracts: its accounts leave by settlement "
                    + $"{number - 1} once the escrow can be closed."
            );
        }
        var file = SettlementFile.Of(_domain, place, books.Compensated, rows, receipts);
        var isWaitedFor = _accounts.All.Any(account =>
            !account.Requested.IsZero && account.RequestedBlock > (before?.ChainBlock ?? 0) && account.RequestedBlock <= counted.Number
        );
        var isSame = before is null
            ? file.Accounts.Count == 0 && receipts.Count == 0
            : file.Settlement.Accounts == before.Accounts && receipts.Count == 0;
        if (State.Open is null && isSame && !isWaitedFor && !evenIfSame)
        {
            return;
        }
        if (before is not null && file.Settlement.Earned < before.Earned)
        {
            throw Waits(
                SettlementTrouble.Lost,
                $"The accounts have earned {file.Settlement.Earned} now, and {before.Earned} by settlement {before.Number}: the chain has "
                    + "lost a slashed stake of which they had been credited. The escrow takes no less; settlement waits until as much was "
                    + "earned again."
            );
        }
        if (State.Open?.Settlement.Epoch == file.Settlement.Epoch)
        {
            throw Waits(
                SettlementTrouble.Epoch,
                $"Settlement {number} came too late for epoch {file.Settlement.Epoch}, and the next has not begun."
            );
        }
        await RequireCommittee(file.Settlement.Epoch, counted, cancellation);
        var parts = await _files.Write(file);
        var content = new BooksContent(file.Accounts.Count, receipts.Count, parts, batches);
        await Write(
            State with
            {
                Open = new BooksUnderWay(file.Settlement, content),
                // What follows a version that is made anew follows it no longer, and is made anew in its turn.
                Earlier = [.. State.Earlier, .. State.InLine],
                Again = [],
            }
        );
        _votes = null;
        LogMade(number, file.Settlement.Epoch, content.Accounts, content.Receipts);
    }

    /// <summary>
    /// A row for each address that has deposited or earned. First what all have earned, then what all have spent: whatever moves between,
    /// no more is earned than was spent. On hold is all of the deposits that is in the books and not spent: what is not set aside for a
    /// withdrawal can be spent at any moment (grains/RATIONALE.md, "Rows of a settlement").
    /// </summary>
    private async Task<List<AccountTotals>> ReadTotals()
    {
        // Another activation may have changed some since this one has read them.
        await _accounts.Load();
        var owners = _accounts.All.ToArray();
        var earned = new Dictionary<EvmAddress, TokenAmount>(owners.Length);
        await EachTotals(owners, (owner, totals) => earned.Add(owner.Owner, totals.Claimable));
        var rows = new List<AccountTotals>(owners.Length);
        await EachTotals(
            owners,
            (owner, totals) =>
            {
                var held = owner.Booked - TokenAmount.Min(owner.Booked, totals.Spent);
                if (owner.IsOnChain || !earned[owner.Owner].IsZero)
                {
                    rows.Add(new AccountTotals(owner.Owner, earned[owner.Owner], totals.Spent, held));
                }
            }
        );
        return rows;
    }

    private async Task EachTotals(ChainAccountState[] owners, Action<ChainAccountState, LifetimeTotals> take)
    {
        foreach (var part in owners.Chunk(SettlementPolicy.AccountsAtOnceMax))
        {
            var totals = await Task.WhenAll(part.Select(owner => TotalsOf(owner.Account)));
            for (var index = 0; index < part.Length; index++)
            {
                take(part[index], totals[index]);
            }
        }
    }

    private async Task<LifetimeTotals> TotalsOf(AccountId? account)
    {
        if (account is not { } id)
        {
            return new LifetimeTotals(TokenAmount.Zero, TokenAmount.Zero, TokenAmount.Zero, TokenAmount.Zero);
        }
        try
        {
            return await LostWrites.Resend(() => GrainFactory.GetGrain<IAccountGrain>(id.ToString()).GetTotals(Authority.Treasury));
        }
        catch (Exception failure) when (ChainAccounts.IsOfTheAccount(failure))
        {
            throw Waits(
                SettlementTrouble.Account,
                $"A settlement has a row for each account, and the books of account {id} cannot be read: {failure.Message} Deposits and "
                    + "withdrawals of the others go on; repair that account's books."
            );
        }
    }

    /// <summary>
    /// What committees have signed since: the roots of their batches, which are leaves here, so a receipt's path goes on.
    /// </summary>
    private async Task<(ulong Last, List<Bytes32> Roots)> NewReceipts()
    {
        var (last, roots) = (State.Batches, new List<Bytes32>());
        while (roots.Count <= SettlementFile.ReceiptsMax - BatchPolicy.CertificatesMax)
        {
            var batch = new StoredDocument<CertificateBatch>(_documents, CertificateBatch.KeyOf(last + 1), CertificateBatch.Form);
            await batch.Load();
            if (batch.Value is null)
            {
                break;
            }
            roots.AddRange(batch.Value.Roots);
            last++;
        }
        return (last, roots);
    }

    private async Task<IReadOnlyList<WeighedMember>> RequireCommittee(ulong epoch, ChainBlock counted, CancellationToken cancellation)
    {
        var members = State.Members;
        var weights = await _chain!.ReadWeights(epoch, [.. members.Select(member => member.Id)], counted, cancellation);
        var committee = members
            .Zip(weights, (member, weight) => (member, weight))
            .Where(pair => !pair.weight.IsZero)
            .Select(pair => new WeighedMember(pair.member, pair.weight))
            .ToArray();
        return (ulong)committee.Length >= _chainTerms!.CommitteeMin
            ? committee
            : throw Waits(
                SettlementTrouble.Committee,
                $"{committee.Length} workers serve in the committee of epoch {epoch} on the chain; {_chainTerms.CommitteeMin} must. "
                    + "A worker joins with `market worker stake`, and serves from the next epoch on."
            );
    }

    private async Task Sign(ChainBlock counted, CancellationToken cancellation)
    {
        var open = State.Open!;
        if (_votes is null)
        {
            var committee = await RequireCommittee(open.Settlement.Epoch, counted, cancellation);
            var request = new SettlementRequest(open.Settlement.Number, open.Settlement.Epoch, open.Settlement.Hash());
            _votes = new SettlementVotes(request, open.Settlement.Digest(_domain), committee);
        }
        if (_votes.EnoughAt is not { } enough || (!_votes.IsComplete && _clock.GetElapsedTime(enough) < SettlementPolicy.MoreVotesWithin))
        {
            if (_votes.EnoughAt is null)
            {
                throw Waits(
                    SettlementTrouble.Signatures,
                    $"Settlement {open.Settlement.Number} waits for signatures: {_votes.Signed} of {_votes.Asked} members of epoch "
                        + $"{open.Settlement.Epoch} have signed."
                );
            }
            return;
        }
        var (sum, absentees) = _votes.Close();
        await Write(State with { Open = open with { Signature = sum, Absentees = absentees } });
        LogSigned(open.Settlement.Number, _votes.Signed, _votes.Asked);
    }

    /// <summary>
    /// Sends what is signed until a block has it. Transactions of one number of the operator's take each other's place, so at most one of
    /// them is ever in a block. Another number is taken only once that one is used up, deep enough, or where a reorganisation has lost a
    /// transaction of a lower number: until that number is used, no later one comes into a block. What was sent before may then come after
    /// it, and reverts, since the escrow has the settlement.
    /// </summary>
    private async Task Send(ChainBooks books, ChainBlock counted, ChainBlock head, CancellationToken cancellation)
    {
        var open = State.Open!;
        if ((await _chain!.ReadBooks(head, cancellation)).Last?.Number >= open.Settlement.Number)
        {
            return;
        }
        var late = State.Earlier.LastOrDefault(version => version.Settlement.Number == open.Settlement.Number);
        var newest = open.Attempts.LastOrDefault() ?? late?.Attempts.LastOrDefault();
        var used = await _chain.ReadNonce(counted, cancellation);
        if (await IsIncluded(open.Attempts.Where(attempt => attempt.Nonce >= used), counted, cancellation))
        {
            // Reverted, in a block that is not deep enough: it is not sent again before that is sure.
            return;
        }
        var isReplaced =
            newest is null
            || newest.Nonce < used
            || newest.Head > head.Number
            || !open.Attempts.Contains(newest)
            || head.Number - newest.Head >= (ulong)_terms.ReplaceAfterBlocks;
        if (isReplaced)
        {
            var fee = await ChooseFee(newest is { } last && last.Nonce >= used ? last.Fee : null, cancellation);
            if (fee is not { } chosen)
            {
                await SendAgain(open, cancellation);
                throw Waits(
                    SettlementTrouble.Fee,
                    $"A transaction costs more than the {_terms.FeeMax} wei for a unit of gas that the silo may offer; settlement "
                        + $"{open.Settlement.Number} waits."
                );
            }
            var next = await _chain.ReadNonce(head, cancellation);
            var nonce = newest is { } other && other.Nonce >= used ? Math.Min(other.Nonce, next) : next;
            var order = new SettlementOrder(open.Settlement, open.Absentees, open.Signature!);
            var attempt = new SendAttempt(nonce, chosen, head.Number, _chain.Sign(order, nonce, chosen));
            open = open with { Attempts = [.. open.Attempts.TakeLast(SettlementPolicy.AttemptsMax - 1), attempt] };
            await Write(State with { Open = open });
            LogSending(open.Settlement.Number, attempt.Transaction.Hash, nonce);
        }
        await SendAgain(open, cancellation);
    }

    /// <param name="attempts">Whose numbers were not used by the counted block.</param>
    private async Task<bool> IsIncluded(IEnumerable<SendAttempt> attempts, ChainBlock counted, CancellationToken cancellation)
    {
        foreach (var (nonce, _, _, transaction) in attempts)
        {
            if (await _chain!.FindInclusion(transaction.Hash, cancellation) is not { } inclusion)
            {
                continue;
            }
            return inclusion.Block.Number > counted.Number
                ? true
                : throw Waits(
                    SettlementTrouble.Chain,
                    $"Transaction {transaction.Hash} is said to be in block {inclusion.Block.Number}, and its number {nonce} to be unused "
                        + $"by block {counted.Number}: both cannot be true. Ask another node."
                );
        }
        return false;
    }

    /// <summary>A node forgets what it was told; the same bytes are the same transaction.</summary>
    private Task SendAgain(BooksUnderWay open, CancellationToken cancellation) =>
        open.Attempts.IsEmpty ? Task.CompletedTask : _chain!.Send(open.Attempts[^1].Transaction.Bytes, cancellation);

    /// <param name="before">That of the transaction whose place is taken: nodes ask for an eighth more of both at least.</param>
    /// <returns>Null: it would be more than the operator allows.</returns>
    private async Task<ChainFee?> ChooseFee(ChainFee? before, CancellationToken cancellation)
    {
        var fee = await _chain!.ReadFee(cancellation);
        if (before is { } least)
        {
            fee = new ChainFee(UInt128.Max(fee.Most, Raised(least.Most)), UInt128.Max(fee.Tip, Raised(least.Tip)));
        }
        return fee.Most <= _terms.FeeMax ? fee with { Tip = UInt128.Min(fee.Tip, fee.Most) } : null;

        static UInt128 Raised(UInt128 fee) => fee + (fee / 8) + 1;
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Settlement {Number} for epoch {Epoch} is made: {Accounts} accounts, {Receipts} batches of receipts"
    )]
    private partial void LogMade(ulong number, ulong epoch, int accounts, int receipts);

    [LoggerMessage(Level = LogLevel.Information, Message = "Settlement {Number} is signed by {Signed} of {Asked} members")]
    private partial void LogSigned(ulong number, int signed, int asked);

    [LoggerMessage(Level = LogLevel.Information, Message = "Settlement {Number} is sent as transaction {Transaction}, nonce {Nonce}")]
    private partial void LogSending(ulong number, Bytes32 transaction, ulong nonce);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Settlement {Number} stands on the chain: {Accounts} accounts, {Receipts} batches of receipts, transaction {Transaction}"
    )]
    private partial void LogSettled(ulong number, int accounts, int receipts, Bytes32 transaction);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Settlement {Number} came too late for epoch {Epoch} and is made anew")]
    private partial void LogEpochOver(ulong number, ulong epoch);
}
