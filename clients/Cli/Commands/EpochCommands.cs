using System.CommandLine;
using System.Globalization;
using System.Text;
using Marketplace.Receipts;

namespace Marketplace.Cli.Commands;

/// <summary>The commands for epochs, which a market publishes: by their numbers from the service, or from files.</summary>
internal static class EpochCommands
{
    public static Command Make(CommandSet set) =>
        CommandSet.Group(
            "epoch",
            """
            Check and read epochs: who may sign receipts as a committee, and by which randomness its members were drawn.

            Example:
              market epoch verify 7 --receipt hello.receipt.json
            """,
            List(set),
            Verify(set),
            Show(set)
        );

    private static Command List(CommandSet set) =>
        set.Leaf(
            "list",
            """
            List the epochs that the market keeps, newest first.

            Example:
              market epoch list
            """,
            async run =>
            {
                var epochs = await run.Client.Epochs.List(run.Cancellation);
                await run.Answer(
                    new CommitteeEpochs(epochs),
                    writer =>
                        Table.Write(
                            writer,
                            ["EPOCH", "STATE", "WORKERS", "SHARES", "AT", "UNTIL"],
                            epochs.Select(epoch =>
                                (IReadOnlyList<string>)
                                    [
                                        epoch.Epoch.ToString(CultureInfo.InvariantCulture),
                                        SnakeCase.Of(epoch.State),
                                        Table.Show(epoch.Workers),
                                        Table.Show(epoch.Shares),
                                        Table.Show(epoch.At),
                                        Table.Show(epoch.Until),
                                    ]
                            )
                        )
                );
                return ExitCodes.Ok;
            }
        );

    private static Command Verify(CommandSet set)
    {
        var file = File();
        var (market, chain) = (ReceiptCommands.Market(), ReceiptCommands.Chain());
        var receipt = Values.Text("--receipt", "FILE", "A receipt of a committee of this epoch, whose members are drawn again");
        return set.Leaf(
            "verify",
            """
            Check an epoch: the market's list, each worker's key and share, and the randomness. Exits with 6 if it does not hold. Of a file
            no service is asked; of a number the service gives the file, and nothing else of it is believed. receipts/COMMITTEE.md says what
            is checked.

            Example:
              market epoch verify 7.epoch.json --receipt hello.receipt.json
              market epoch verify 7
            """,
            async run =>
            {
                var checks = EpochChecks.Of(
                    await Read(run, run.Get(file)),
                    ReceiptCommands.Trusted(run, market, chain),
                    run.Get(receipt) is { } typed ? await ReceiptCommands.Read(run, typed) : null
                );
                var isGood = checks.All(check => check.Result != CheckResult.Broken);
                await ReceiptCommands.Answer(run, "epoch", checks, isGood);
                return isGood ? ExitCodes.Ok : ExitCodes.Damaged;
            },
            file,
            market,
            chain,
            receipt
        );
    }

    private static Command Show(CommandSet set)
    {
        var file = File();
        return set.Leaf(
            "show",
            """
            Say in words what an epoch says, with its members in the order in which they are drawn. Nothing is checked but its form.

            Example:
              market epoch show 7
              market epoch show 7 --json > 7.epoch.json
            """,
            async run =>
            {
                var epoch = await Read(run, run.Get(file));
                if (run.Json)
                {
                    await run.Text(Encoding.UTF8.GetString(epoch.ToJson()) + "\n");
                    return ExitCodes.Ok;
                }
                var text = new StringWriter { NewLine = "\n" };
                Write(text, epoch);
                await run.Text(text.ToString());
                return ExitCodes.Ok;
            },
            file
        );
    }

    private static void Write(TextWriter writer, EpochFile epoch)
    {
        var drawn = epoch.Committee(Assurance.CommitteeSeatsMax);
        Table.WriteFields(
            writer,
            ("epoch", epoch.Epoch.ToString(CultureInfo.InvariantCulture)),
            ("market", epoch.Domain.Market),
            ("randomness", epoch.Randomness()),
            ("workers", epoch.Members.Count.ToString(CultureInfo.InvariantCulture)),
            ("gave no share", epoch.Shares.Count(share => share.Length == 0).ToString(CultureInfo.InvariantCulture))
        );
        writer.WriteLine();
        Table.Write(
            writer,
            ["PLACE", "WORKER", "WEIGHT"],
            drawn.Select(
                (member, index) =>
                    (IReadOnlyList<string>)
                        [(index + 1).ToString(CultureInfo.InvariantCulture), member.Worker.ToString(), Table.Show(member.Weight)]
            )
        );
    }

    private static Argument<string> File()
    {
        var file = new Argument<string>("EPOCH")
        {
            Description = "Its number, for which the service is asked; or a file, or - for standard input",
        };
        file.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: ['-', _, ..] word }] && !word.AsSpan(1).ContainsAnyExceptInRange('0', '9'))
            {
                result.AddError($"'{UsageErrors.Cut(word)}' is not a value for EPOCH: expected a number from 0 on, a file, or -.");
            }
        });
        return file;
    }

    private static async Task<EpochFile> Read(Invocation run, string typed)
    {
        if (ulong.TryParse(typed, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch))
        {
            return await run.Client.Epochs.Get(epoch, run.Cancellation);
        }
        await using var content = typed == "-" ? run.Surroundings.Input : BlobCommands.OpenRead(run, typed);
        var bytes = new byte[EpochFile.BytesMax + 1];
        var size = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, run.Cancellation);
        try
        {
            return EpochFile.Parse(bytes.AsSpan(0, size));
        }
        catch (ReceiptFormatException malformed)
        {
            throw new CommandException(
                new Failure(ExitCodes.Damaged, "malformed_epoch", $"{typed} is no epoch. {malformed.Message}", null),
                malformed
            );
        }
    }
}
