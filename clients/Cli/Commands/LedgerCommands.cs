using System.CommandLine;
using System.Globalization;
using Marketplace.Receipts;

namespace Marketplace.Cli.Commands;

/// <summary>The commands for signed histories. A file is checked without the service.</summary>
internal static class LedgerCommands
{
    private const string NamesForm = "'market', or 'account.' or 'worker.' and an id of 64 digits";

    public static Command Make(CommandSet set) =>
        CommandSet.Group(
            "ledger",
            """
            Read, keep and check signed histories: keys and programs of an account, offers and stakes of a worker, rules of the market.

            Example:
              market ledger verify market --head market.head.json
            """,
            Show(set),
            Head(set),
            Export(set),
            Verify(set)
        );

    private static Command Show(CommandSet set)
    {
        var name = new Argument<string?>("LEDGER")
        {
            Description = $"Whose history: {NamesForm} [the account's own]",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var from = Values.Option<long>("--from", "N", "The first record to show [0]", "a whole number from 0 on", TryIndex);
        var limit = Values.Limit();
        return set.Leaf(
            "show",
            """
            Show the records of a signed history. Nothing is checked but their form; 'market ledger verify' checks all.

            Example:
              market ledger show worker.8139…94 --from 100
            """,
            async run =>
            {
                var ledger = run.Get(name) is { } typed ? Parse(typed) : LedgerName.Of((await run.Client.Account.Get(run.Cancellation)).Id);
                var first = run.Get(from) ?? 0;
                var records = await run.Client.Ledgers.Records(ledger, first, run.Get(limit) ?? 50, run.Cancellation);
                if (run.Json)
                {
                    await run.Text(string.Concat(records.Select(record => Encoding(LedgerLines.ToJson(record)) + "\n")));
                    return ExitCodes.Ok;
                }
                var text = new StringWriter { NewLine = "\n" };
                Table.Write(text, ["RECORD", "TIME", "AUTHOR", "NUMBER", "KIND", "SAYS"], records.Select(Row));
                await run.Text(text.ToString());
                var head = (await run.Client.Ledgers.Head(ledger, run.Cancellation)).Head;
                run.Note($"{ledger} has {Records(head.Size)}, root {head.Root}");
                return ExitCodes.Ok;
            },
            name,
            from,
            limit
        );
    }

    private static Command Head(CommandSet set)
    {
        var name = Name();
        return set.Leaf(
            "head",
            """
            Print the head of a signed history, signed now by the market, as a line of JSON. Keep it: a later ledger is checked
            against it, so that a change of what came before is found.

            Example:
              market ledger head market > market.head.json
            """,
            async run =>
            {
                var head = await run.Client.Ledgers.Head(Parse(run.Get(name)), run.Cancellation);
                await run.Text(Encoding(LedgerLines.ToJson(head)) + "\n");
                return ExitCodes.Ok;
            },
            name
        );
    }

    private static Command Export(CommandSet set)
    {
        var name = Name();
        var file = new Argument<string>("FILE") { Description = "Where to write it" };
        var force = Values.Switch("--force", "Replace the file if it exists");
        return set.Leaf(
            "export",
            """
            Write a signed history to a file, which 'market ledger verify' checks without the service: receipts/LEDGER.md.

            Example:
              market ledger export market market.ledger.jsonl
            """,
            async run =>
            {
                var path = run.Path(run.Get(file));
                LedgerHead head = null!;
                await FetchedFile.Write(
                    run,
                    run.Get(file),
                    run.Get(force),
                    async content => head = (await run.Client.Ledgers.Export(Parse(run.Get(name)), content, run.Cancellation)).Head
                );
                if (run.Json)
                {
                    await run.AnswerObject(writer =>
                    {
                        writer.WriteString("root", head.Root.ToString());
                        writer.WriteNumber("records", head.Size);
                    });
                    return ExitCodes.Ok;
                }
                await run.Text($"{path}: {Records(head.Size)} with root {head.Root}\n");
                return ExitCodes.Ok;
            },
            name,
            file,
            force
        );
    }

    private static Command Verify(CommandSet set)
    {
        var what = new Argument<string>("LEDGER") { Description = $"A file, or - for standard input; or {NamesForm}" };
        var (market, chain) = (ReceiptCommands.Market(), ReceiptCommands.Chain());
        var earlier = Values.Text("--head", "FILE", "A head that was kept from earlier: 'market ledger head'");
        return set.Leaf(
            "verify",
            """
            Check a signed history: chain, signatures, numbers, root and head, and that it goes on from a head that was kept. A file is
            checked without asking any service. Exits with 6 and the first difference if it does not hold.

            Example:
              market ledger verify market.ledger.jsonl --head market.head.json
            """,
            async run =>
            {
                var typed = run.Get(what);
                var isName = LedgerName.TryParse(typed, out var name);
                var evidence = new LedgerEvidence
                {
                    Market = ReceiptCommands.Trusted(run, market, chain),
                    Namespace = isName ? name : null,
                    Earlier = run.Get(earlier) is { } kept ? await ReadHead(run, kept) : null,
                };
                await using var content =
                    isName ? await Fetch(run, name)
                    : typed == "-" ? run.Surroundings.Input
                    : BlobCommands.OpenRead(run, typed);
                await Answer(run, Check(typed, content, evidence));
                return ExitCodes.Ok;
            },
            what,
            market,
            chain,
            earlier
        );
    }

    private static LedgerFindings Check(string typed, Stream content, LedgerEvidence evidence)
    {
        try
        {
            return LedgerFile.Verify(content, evidence);
        }
        catch (LedgerBrokenException broken)
        {
            throw new CommandException(
                new Failure(ExitCodes.Damaged, "ledger_broken", $"The ledger {typed} does not hold. {broken.Message}", null),
                broken
            );
        }
    }

    /// <summary>A ledger may be larger than memory.</summary>
    private static async Task<Stream> Fetch(Invocation run, LedgerName name)
    {
        var content = new FileStream(
            Path.GetTempFileName(),
            FileMode.Open,
            FileAccess.ReadWrite,
            FileShare.None,
            SdkPolicy.PieceBytes,
            FileOptions.DeleteOnClose
        );
        try
        {
            await run.Client.Ledgers.Export(name, content, run.Cancellation);
        }
        catch
        {
            await content.DisposeAsync();
            throw;
        }
        content.Position = 0;
        return content;
    }

    private static async Task<LedgerHeadFile> ReadHead(Invocation run, string typed)
    {
        await using var content = BlobCommands.OpenRead(run, typed);
        var bytes = new byte[LedgerPolicy.LineBytesMax + 1];
        var size = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, run.Cancellation);
        try
        {
            return LedgerLines.ParseHead(bytes.AsSpan(0, size).TrimEnd((byte)'\n'));
        }
        catch (LedgerFormatException malformed)
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.Damaged,
                    "malformed_head",
                    $"{typed} is no head of a ledger. {malformed.Message}",
                    "'market ledger head' prints one; it is also the last line of an export."
                ),
                malformed
            );
        }
    }

    private static Task Answer(Invocation run, LedgerFindings found)
    {
        var head = found.Head.Head;
        if (run.Json)
        {
            return run.AnswerObject(writer =>
            {
                writer.WriteString("namespace", head.Namespace.ToString());
                writer.WriteString("market", found.Head.Domain.Market.ToString());
                writer.WriteNumber("records", head.Size);
                writer.WriteString("root", head.Root.ToString());
                writer.WriteStartArray("forks");
                foreach (var fork in found.Forks)
                {
                    writer.WriteStartObject();
                    writer.WriteString("author", fork.Author.ToString());
                    writer.WriteNumber("epoch", fork.Epoch);
                    writer.WriteNumber("sequence", fork.Sequence);
                    writer.WriteStartArray("records");
                    foreach (var index in fork.Indexes)
                    {
                        writer.WriteNumberValue(index);
                    }
                    writer.WriteEndArray();
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
            });
        }
        var text = new StringWriter { NewLine = "\n" };
        Table.WriteFields(
            text,
            ("ledger", head.Namespace),
            ("market", found.Head.Domain.Market),
            ("records", $"{head.Size}"),
            ("kinds", found.Kinds.Count > 0 ? string.Join(", ", found.Kinds.Select(kind => $"{kind.Value} {kind.Key}")) : null),
            ("not known", found.UnknownKinds.Count > 0 ? string.Join(", ", found.UnknownKinds) : null),
            ("root", head.Root),
            ("signed", Table.Show(Time(head.Time)))
        );
        foreach (var fork in found.Forks)
        {
            text.WriteLine(
                $"Fork: {fork.Author} has signed records {string.Join(" and ", fork.Indexes)} as {fork.Sequence} of epoch {fork.Epoch}."
            );
        }
        text.WriteLine("Chain, signatures, numbers, root and head hold.");
        text.WriteLine(
            found.EarlierSize is { } size
                ? $"It goes on from the head that was kept, of {Records(size)}."
                : "Not checked: whether it was always the same. Keep its head, and give it with --head next time."
        );
        if (!found.MarketKnown)
        {
            text.WriteLine("Not checked: whether the market is yours. Give its key with --market.");
        }
        return run.Text(text.ToString());
    }

    private static Argument<string> Name() => new("LEDGER") { Description = $"Whose history: {NamesForm}" };

    private static LedgerName Parse(string typed) =>
        LedgerName.TryParse(typed, out var name)
            ? name
            : throw new CommandException(
                new Failure(
                    ExitCodes.Usage,
                    "usage",
                    $"'{typed}' is no ledger: expected {NamesForm}.",
                    "'market account show' shows your account's id, 'market worker list' those of workers."
                )
            );

    private static IReadOnlyList<string> Row(LedgerRecord record)
    {
        var operation = record.Operation;
        var author = operation.Author == operation.Namespace.Owner ? "owner" : "market";
        return
        [
            $"{record.Index}",
            Table.Show(Time(operation.Time)),
            author,
            $"{operation.Epoch}.{operation.Sequence}",
            operation.Kind,
            string.Join(' ', operation.Subject.Select(word => $"{word.Name}={word.Value}")),
        ];
    }

    private static DateTimeOffset Time(ulong nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks((long)(nanoseconds / Receipts.Invocation.NanosecondsPerTick));

    private static bool TryIndex(string text, out long index) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index) && index <= int.MaxValue;

    private static string Records(ulong count) => count == 1 ? "1 record" : $"{count} records";

    private static string Encoding(byte[] line) => System.Text.Encoding.UTF8.GetString(line);
}
