using System.Text;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>
/// What is stored of each kind that the cases write, as text without moments: what a call has done. A call that has one effect leaves the
/// same books whether it was sent once or ten times.
/// </summary>
internal static class RepeatBooks
{
    public static async Task<string> Read(EmbeddedStore store)
    {
        var books = new StringBuilder();
        foreach (var id in new[] { RepeatScene.Client, RepeatScene.Payee })
        {
            Write(books, await SimulationInvariants.ReadAccount(store, id));
            Write(books, (await StoredForms.Quota.Load(store, store, id.ToString())).State);
        }
        await WriteAll(
            books,
            store,
            JobStateCodec.Kind,
            content =>
            {
                var job = JobStateCodec.Read(content.Span);
                return $"{job.Status} {job.RequestId} {job.Ending?.Charge} {job.Ending?.End.Payee} {job.Ending?.End.FuelUsed} "
                    + $"{job.Ending?.End.RootAfter}";
            }
        );
        await WriteAll(books, store, ReuseState.Kind, content => $"{ReuseState.Read(content.Span)}");
        await WriteAll(books, store, "key", content => Convert.ToHexString(content.Span));
        await WriteAll(books, store, "worker", content => Convert.ToHexString(content.Span));
        await WriteAll(books, store, ReputationState.Kind, content => Show(ReputationState.Read(content.Span)));
        await WriteAdmissions(books, store);
        await WriteAll(
            books,
            store,
            DisputeState.Kind,
            content =>
            {
                var dispute = DisputeCodec.Read(content.Span);
                return $"{dispute.Stage} {dispute.Reason} {dispute.Jurors.Length} "
                    + string.Join(' ', dispute.Losses.Select(loss => loss.Taken));
            }
        );
        await WriteAll(books, store, CertificateState.Kind, content => $"in batch {CertificateState.Read(content.Span).Batch}");
        await WriteAll(books, store, CertificateBatch.Kind, content => $"{CertificateBatch.Form.Read(content).Roots.Length}");
        await WriteAll(books, store, BlobPin.Kind, content => $"{BlobPin.Read(content.Span).Size}");
        await WriteAll(books, store, ProgramCodec.Kind, content => Show(ProgramCodec.Read(content.Span)));
        await WriteAll(
            books,
            store,
            "blob",
            content =>
            {
                var blob = BlobState.Read(content.Span);
                return $"{blob.Size} {string.Join(' ', blob.Accounts.Keys)} {string.Join(' ', blob.Programs.Select(Show))}";
            }
        );
        var streams = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var stream in store.Streams("state/"))
        {
            streams.Add(stream);
        }
        foreach (var stream in streams)
        {
            var state = ProgramState.Empty();
            await foreach (var entry in store.Read(stream))
            {
                await state.Apply(StateEvent.Read(entry.Content.Span));
            }
            books.AppendLine($"{stream} {state.Height} {state.Tree.Root}");
        }
        await WriteLedgers(books, store);
        return books.ToString();
    }

    private static async Task WriteAdmissions(StringBuilder books, EmbeddedStore store)
    {
        await WriteAll(
            books,
            store,
            StandingHistory.Kind,
            content => string.Join(' ', StandingHistory.Form.Read(content).Samples.Select(sample => $"{sample.Score} {sample.Level}"))
        );
        await WriteAll(
            books,
            store,
            AdmissionRequests.Kind,
            content => string.Join(' ', AdmissionRequests.Read(content.Span).Waiting.Select(facts => $"{facts.Worker} {facts.Times}"))
        );
        await WriteAll(
            books,
            store,
            AdmissionDecisions.Kind,
            content =>
                string.Join(
                    ' ',
                    AdmissionDecisions.Read(content.Span).Workers.Select(decided => $"{decided.Worker} {decided.Decisions.Length}")
                )
        );
    }

    private static async Task WriteLedgers(StringBuilder books, EmbeddedStore store)
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var stream in store.Streams("ledger/"))
        {
            await foreach (var entry in store.Read(stream))
            {
                var operation = LedgerEntry.Read(entry.Content.Span).Operation;
                // The number tells two of the same from one.
                lines.Add(
                    $"{stream} {lines.Count(line => line.StartsWith(stream, StringComparison.Ordinal))} {operation.Kind} "
                        + string.Join(' ', operation.Subject.Select(word => $"{word.Name}={word.Value}"))
                );
            }
        }
        books.AppendJoin('\n', lines);
    }

    private static string Show(ReputationState state) =>
        $"{state.Kept} {state.Faulted} {state.InMaintenance} {state.Long.Kept} {state.Long.Faulted} {state.UsualPrice} "
        + string.Concat(state.Stakes.Select(stake => $"{stake.RequestId} {stake.Amount} {stake.Left} {stake.Phase} "))
        + string.Concat(state.Freezes.Select(freeze => $"{freeze.Dispute} freezes "))
        + string.Concat(state.Judgments.Select(judgment => $"{judgment.Dispute} {judgment.IsWrong} {judgment.Taken} "))
        + string.Join(' ', state.Appeals.Select(appeal => $"{appeal.RequestId} {appeal.Decision}"));

    private static void Write(StringBuilder books, AccountState account)
    {
        books.AppendLine(
            $"account {account.Available} {account.Held} {account.Earned} {account.Spent} {account.SentTotal} {account.CreditedTotal} "
                + $"{account.WithdrawnTotal} {account.Debt}"
        );
        books.AppendLine($"  refuses {string.Join(' ', account.Refusals.Workers)} {string.Join(' ', account.Refusals.Owners)}");
        foreach (var (id, fund) in account.Funds.OrderBy(pair => pair.Key.Purpose).ThenBy(pair => pair.Key.Value))
        {
            books.AppendLine($"  fund {id} {fund.Amount}");
        }
        foreach (var (job, hold) in account.Holds.OrderBy(pair => pair.Key))
        {
            books.AppendLine($"  hold {job} {hold.Amount}");
        }
        foreach (var key in account.Keys.Values.OrderBy(key => key.Id, StringComparer.Ordinal))
        {
            books.AppendLine($"  key {key.Id} {key.Scopes} {key.Spent} {key.Held} {(key.RevokedAt is null ? "valid" : "revoked")}");
        }
        foreach (var (payer, last) in account.Incoming.OrderBy(pair => pair.Key))
        {
            books.AppendLine($"  from {payer} {last}");
        }
    }

    private static void Write(StringBuilder books, KeptBlobs kept)
    {
        foreach (var (blob, size) in kept.PinnedBlobs.OrderBy(pin => pin.Blob))
        {
            books.AppendLine($"  blob {blob} {size}");
        }
        foreach (var (program, module, size) in kept.Modules.OrderBy(one => one.Program))
        {
            books.AppendLine($"  program {program} of {module} {size}");
        }
    }

    private static string Show(KeyValuePair<ProgramId, ProgramHolder> holder) =>
        $"{holder.Key} {(holder.Value == ProgramHolder.Deployed ? "keeps" : $"kept for {holder.Value.Payer}")} it";

    private static string Show(DeployedState program) =>
        $"{program.View.Name} {string.Join(' ', program.Deployers)} {(program.IsRemoved ? "removed" : "deployed")}";

    private static async Task WriteAll(StringBuilder books, EmbeddedStore store, string kind, Func<ReadOnlyMemory<byte>, string> show)
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var (key, document) in store.Scan(kind))
        {
            lines.Add($"{key} {show(document.Content)}");
        }
        foreach (var line in lines)
        {
            books.AppendLine(line);
        }
    }
}
