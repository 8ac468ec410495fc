using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Checks the books of all accounts from what is stored, past their grains, while money moves. Accounts are read one after the other, each
/// at its own moment; where one was read too early for what another had received from it or delivered to it by then, it is read again, just
/// as far as that. RATIONALE.md says why this ends and cries no wolf.
/// </summary>
public sealed class BookAudit(IEventLog log, IDocumentStore documents, int pairsMax = AccountPolicy.AuditedPairsMax)
{
    private static readonly string Prefix = StoredForms.Account.StreamOf("");

    /// <param name="pause">Awaited after each account: a check is never urgent.</param>
    /// <param name="cancellation">Gives the check up.</param>
    /// <returns>What was found; its moment is the caller's to say.</returns>
    /// <exception cref="InvalidOperationException">More pairs of accounts have paid one another than a check may remember.</exception>
    /// <exception cref="InvalidDataException">What is stored cannot be read.</exception>
    public async Task<BookReport> Check(Func<ValueTask> pause, CancellationToken cancellation)
    {
        var sums = new BookSums();
        var violations = new List<string>();
        await log.EachStream(
            Prefix,
            async stream =>
            {
                await Put(sums, violations, AccountId.Parse(stream[Prefix.Length..]), long.MaxValue, cancellation);
                await pause();
            },
            cancellation
        );
        var again = 0;
        while (sums.Behind() is { Count: > 0 } behind)
        {
            foreach (var needs in behind)
            {
                again += await Advance(sums, violations, needs, cancellation) ? 1 : 0;
                await pause();
            }
        }

        violations.AddRange(sums.Violations());
        var totals = sums.Totals();
        return new BookReport
        {
            Accounts = sums.Accounts,
            ReadAgain = again,
            Credited = totals.Credited,
            Withdrawn = totals.Withdrawn,
            Debt = totals.Debt,
            Available = totals.Available,
            Held = totals.Held,
            UnderWay = totals.UnderWay,
            Claimable = totals.Claimable,
            ViolationCount = violations.Count,
            Violations = [.. violations.Take(BookReport.ViolationsMax)],
        };
    }

    /// <summary>Reads an account as far as the last event that it must be seen to have had, and no farther.</summary>
    private async Task<bool> Advance(
        BookSums sums,
        List<string> violations,
        IGrouping<AccountId, BookSums.Need> needs,
        CancellationToken cancellation
    )
    {
        var known = sums.VersionOf(needs.Key);
        var upTo = known;
        await log.Replay(
            StoredForms.Account.StreamOf(needs.Key.ToString()),
            known + 1,
            entry =>
            {
                var happened = AccountEventCodec.Read(entry.Content.Span);
                if (needs.Any(need => need.IsMetBy(happened)))
                {
                    upTo = entry.Version;
                }
            },
            cancellation
        );
        if (upTo > known)
        {
            await Put(sums, violations, needs.Key, upTo, cancellation);
        }
        return upTo > known;
    }

    private async Task Put(BookSums sums, List<string> violations, AccountId id, long upTo, CancellationToken cancellation)
    {
        var read = await StoredForms.Account.Load(log, documents, id.ToString(), cancellation, upTo);
        sums.Put(id, read.Version, read.State);
        violations.AddRange(AccountInvariants.Violations(read.State).Select(violation => $"{id}: {violation}"));
        if (sums.Pairs > pairsMax)
        {
            throw new InvalidOperationException(
                $"{sums.Pairs} pairs of accounts have paid one another; a check remembers at most {pairsMax}."
            );
        }
    }
}
