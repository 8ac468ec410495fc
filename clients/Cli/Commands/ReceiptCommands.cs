using System.CommandLine;
using System.Globalization;
using System.Numerics;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Cli.Commands;

/// <summary>The commands for receipts. Two of them ask the service.</summary>
internal static class ReceiptCommands
{
    private const int NanosecondsPerTick = Receipts.Invocation.NanosecondsPerTick;

    public static Command Make(CommandSet set) =>
        CommandSet.Group(
            "receipt",
            """
            Fetch, check and read receipts: what ran on what, what came out, what it cost, and who says so.

            Example:
              market receipt verify hello.receipt.json
            """,
            Get(set),
            Prove(set),
            Verify(set),
            Show(set)
        );

    private static Command Get(CommandSet set)
    {
        var id = Ids.Job();
        var file = Values.Text("--output", "FILE", "Where to write it [standard output]");
        return set.Leaf(
            "get",
            """
            Fetch the receipt of a job that has ended. It is a file that anybody checks without a service: receipts/RECEIPT.md.

            Example:
              market receipt get 5f1d…c2 --output hello.receipt.json
            """,
            async run =>
            {
                var receipt = await run.Client.Jobs.Receipt(await run.FindJob(run.Get(id)), run.Cancellation);
                return await Give(run, "receipt", run.Get(file), receipt.ToJson());
            },
            id,
            file
        );
    }

    private static Command Prove(CommandSet set)
    {
        var file = File();
        var output = Values.Text("--output", "FILE", "Where to write it [standard output]");
        return set.Leaf(
            "prove",
            """
            Fetch the proof that the market's ledger names what a committee has signed for a receipt. Any key of the market may ask, some
            seconds after the job has ended; 'market receipt verify' checks it without a service.

            Example:
              market receipt prove hello.receipt.json --output hello.batch.json
            """,
            async run =>
            {
                if (BatchProof.RootOf(await Read(run, run.Get(file))) is not { } root)
                {
                    throw new CommandException(
                        new Failure(
                            ExitCodes.Refused,
                            "not_certified",
                            "No committee has signed this receipt; the ledger names only what committees sign.",
                            "'market receipt show' says who signed it."
                        )
                    );
                }
                var proof = await run.Client.Ledgers.Batch(root, run.Cancellation);
                return await Give(run, "proof", run.Get(output), LedgerLines.ToJson(proof));
            },
            file,
            output
        );
    }

    /// <summary>To the file that was named, or to standard output.</summary>
    private static async Task<int> Give(Invocation run, string what, string? typed, byte[] line)
    {
        byte[] content = [.. line, (byte)'\n'];
        if (typed is null)
        {
            using var bytes = new MemoryStream(content, writable: false);
            await run.Bytes(bytes);
            return ExitCodes.Ok;
        }
        await FetchedFile.Write(run, typed, content);
        await run.AnswerDone(what, run.Path(typed));
        return ExitCodes.Ok;
    }

    private static Command Verify(CommandSet set)
    {
        var file = File();
        var (market, chain) = (Market(), Chain());
        var module = Values.Text("--module", "FILE", "The module that should have run");
        var input = Values.Text("--input", "FILE", "The input that it should have read");
        var output = Values.Text("--output", "FILE", "The output that you got");
        var batch = Values.Text("--batch", "FILE", "The proof that the market's ledger names it: 'market receipt prove'");
        return set.Leaf(
            "verify",
            """
            Check a receipt without asking any service, and say what was checked and what could not be. Exits with 6 if it does not hold.

            Example:
              market receipt verify hello.receipt.json --input hello.txt --output out.txt
            """,
            async run =>
            {
                var evidence = new ReceiptEvidence
                {
                    Market = Trusted(run, market, chain),
                    Module = await ContentOf(run, run.Get(module)),
                    Input = await ContentOf(run, run.Get(input)),
                    Output = await ContentOf(run, run.Get(output)),
                    Batch = run.Get(batch) is { } proof ? await ReadBatch(run, proof) : null,
                };
                var checks = ReceiptChecks.Of(await Read(run, run.Get(file)), evidence);
                var isGood = checks.All(check => check.Result != CheckResult.Broken);
                await Answer(run, "receipt", checks, isGood);
                return isGood ? ExitCodes.Ok : ExitCodes.Damaged;
            },
            file,
            market,
            chain,
            module,
            input,
            output,
            batch
        );
    }

    private static Command Show(CommandSet set)
    {
        var file = File();
        return set.Leaf(
            "show",
            """
            Say in words what a receipt says. Nothing is checked but its form.

            Example:
              market receipt show hello.receipt.json
            """,
            async run =>
            {
                var receipt = await Read(run, run.Get(file));
                if (run.Json)
                {
                    await run.Text(System.Text.Encoding.UTF8.GetString(receipt.ToJson()) + "\n");
                    return ExitCodes.Ok;
                }
                var text = new StringWriter { NewLine = "\n" };
                Write(text, receipt);
                await run.Text(text.ToString());
                return ExitCodes.Ok;
            },
            file
        );
    }

    private static Argument<string> File() => new("FILE") { Description = "The receipt, or - for standard input" };

    internal static async Task<ReceiptFile> Read(Invocation run, string typed)
    {
        await using var content = typed == "-" ? run.Surroundings.Input : BlobCommands.OpenRead(run, typed);
        var bytes = new byte[ReceiptFile.BytesMax + 1];
        var size = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, run.Cancellation);
        try
        {
            return ReceiptFile.Parse(bytes.AsSpan(0, size));
        }
        catch (ReceiptFormatException malformed)
        {
            throw new CommandException(
                new Failure(ExitCodes.Damaged, "malformed_receipt", $"{typed} is no receipt. {malformed.Message}", null),
                malformed
            );
        }
    }

    private static async Task<BatchProof> ReadBatch(Invocation run, string typed)
    {
        await using var content = BlobCommands.OpenRead(run, typed);
        var bytes = new byte[LedgerPolicy.LineBytesMax + 2];
        var size = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, run.Cancellation);
        try
        {
            return LedgerLines.ParseBatch(bytes.AsSpan(0, size));
        }
        catch (LedgerFormatException malformed)
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.Damaged,
                    "malformed_proof",
                    $"{typed} is no proof of a batch of receipts. {malformed.Message}",
                    "'market receipt prove' writes one."
                ),
                malformed
            );
        }
    }

    private static async Task<BlobId?> ContentOf(Invocation run, string? typed) =>
        typed is null ? null : await BlobCommands.IdOf(run, typed);

    internal static Option<string?> Market() =>
        Values.Text("--market", "KEY", "The key of the market that you trust, 64 hexadecimal digits");

    internal static Option<string?> Chain() =>
        Values.Text("--chain", "ID:CONTRACT", "Where the market that you trust settles, with --market [on no chain]");

    /// <returns>Null where no market was typed: then the answer says which it is.</returns>
    internal static MarketDomain? Trusted(Invocation run, Option<string?> market, Option<string?> chain)
    {
        if (run.Get(market) is not { } typed)
        {
            return run.Get(chain) is { } alone ? throw WrongMarket($"--chain is '{alone}', and --market is missing.") : null;
        }
        if (!Bytes32.TryParse(typed, out var key))
        {
            throw WrongMarket($"'{typed}' is not a market's key: expected {Bytes32.TextSize} hexadecimal digits.");
        }
        if (run.Get(chain) is not { } place)
        {
            return new MarketDomain(key);
        }
        var (id, address) = place.Split(':', 2) is [var first, var second] ? (first, second) : (place, "");
        return
            ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && EvmAddresses.TryParseChecked(address, out var contract)
            && new MarketDomain(key, number, contract) is { Settles: true, IsWhole: true } domain
            ? domain
            : throw WrongMarket($"'{place}' is not a chain's number and a contract there: expected such as 31337:0x and 40 digits.");
    }

    private static CommandException WrongMarket(string message) =>
        new(new Failure(ExitCodes.Usage, "usage", message, "'market doctor' shows the market of the service that you use."));

    /// <param name="what">What was checked: <c>receipt</c>, <c>epoch</c>.</param>
    internal static Task Answer(Invocation run, string what, IReadOnlyList<ReceiptCheck> checks, bool isGood)
    {
        if (run.Json)
        {
            return run.AnswerObject(writer =>
            {
                writer.WriteBoolean("holds", isGood);
                writer.WriteStartArray("checks");
                foreach (var check in checks)
                {
                    writer.WriteStartObject();
                    writer.WriteString("name", check.Name);
                    writer.WriteString("result", SnakeCase.Of(check.Result));
                    writer.WriteString("finding", check.Finding);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
            });
        }
        var text = new StringWriter { NewLine = "\n" };
        Table.Write(
            text,
            ["CHECK", "RESULT", "FINDING"],
            checks.Select(check => (IReadOnlyList<string>)[check.Name, SnakeCase.Of(check.Result).Replace('_', ' '), check.Finding])
        );
        text.WriteLine(isGood ? $"The {what} holds, as far as it was checked." : $"The {what} does not hold.");
        return run.Text(text.ToString());
    }

    private static void Write(TextWriter writer, ReceiptFile file)
    {
        var receipt = file.Receipt;
        var (invocation, result) = (receipt.Execution.Invocation, receipt.Execution.Result);
        Table.WriteFields(
            writer,
            ("receipt", file.Hash()),
            ("market", file.Domain.Market),
            ("chain", file.Domain.Settles ? $"{file.Domain.ChainId}, contract {file.Domain.Contract}" : null),
            ("job", invocation.Job),
            ("ended", $"{receipt.State.Replace('_', ' ')}, {Table.Show(Time(receipt.EndedAt))}"),
            ("fault", receipt.Fault == "none" ? null : receipt.Fault.Replace('_', ' ')),
            ("program", invocation.Program),
            ("module", invocation.Module),
            ("entry point", invocation.EntryPoint.Length > 0 ? invocation.EntryPoint : null),
            ("arguments", invocation.Arguments.Count > 0 ? string.Join(' ', invocation.Arguments) : null),
            (
                "environment",
                invocation.Environment.Count > 0
                    ? string.Join(' ', invocation.Environment.Select(pair => $"{pair.Name}={pair.Value}"))
                    : null
            ),
            ("input", invocation.Input),
            ("input files", Files(invocation.Files)),
            ("clock", Time(invocation.Clock)),
            ("run", result.Outcome.Replace('_', ' ')),
            ("exit code", result.ExitCode != 0 ? result.ExitCode : null),
            ("output", result.Output == default ? null : result.Output),
            ("output files", Files(result.OutputFiles)),
            ("state before", result.StateBefore == default ? null : result.StateBefore),
            ("state after", result.StateAfter == default ? null : result.StateAfter),
            ("profile", result.Profile.IsZero ? null : result.Profile),
            (
                receipt.Seats.Count > 1 ? "workers" : "worker",
                receipt.Seats.Count > 0
                    ? string.Join(", ", receipt.Seats.Select(seat => $"{seat.Worker} at {Table.Show(seat.UnitPrice)} a million fuel"))
                    : null
            ),
            ("fuel", string.Create(CultureInfo.InvariantCulture, $"{result.Fuel:#,0} of at most {invocation.FuelLimit:#,0}")),
            ("assurance", receipt.Assurance),
            ("price", $"{Table.Show(receipt.Price)} of at most {Table.Show(receipt.PriceLimit)}"),
            ("paid by", receipt.Payer),
            (
                "paid to",
                receipt.Shares.Count > 0
                    ? string.Join(", ", receipt.Shares.Select(share => $"{share.Account} {Table.Show(share.Amount)}"))
                    : null
            ),
            ("answered by", file.Reuse is { } reuse ? $"{Answer(reuse)}, for {reuse.Percent} % of its price" : null),
            ("signed by", Signers(file))
        );

        static string Answer(ReceiptReuse reuse) =>
            $"the receipt {reuse.Earlier.Hash()} of job {reuse.Earlier.Receipt.Execution.Invocation.Job}";
    }

    private static string Signers(ReceiptFile file) =>
        file.Reuse is { } reuse ? $"the market; the earlier one by {Signers(reuse.Earlier)}"
        : file.Certificate is { } certificate
            ? $"{BitOperations.PopCount(certificate.Signers)} of {certificate.Members.Count} members of the committee and the market"
        : file.WorkerSignatures.Count switch
        {
            0 => "the market",
            1 => "the worker and the market",
            var count => $"{count} workers and the market",
        };

    private static string? Files(IReadOnlyList<NamedContent> files) =>
        files.Count > 0 ? string.Join(", ", files.Select(file => $"{file.Name} {file.Content}")) : null;

    /// <summary>A receipt may say a moment that no calendar has: it is shown as the last one.</summary>
    internal static DateTimeOffset Time(ulong nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(
            (long)Math.Min(nanoseconds / NanosecondsPerTick, (ulong)(DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks)
        );
}
