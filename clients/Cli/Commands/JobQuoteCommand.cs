using System.CommandLine;
using System.Globalization;
using Marketplace.Crypto;

namespace Marketplace.Cli.Commands;

/// <summary><c>market job quote</c>: nothing is sent but the question.</summary>
internal static class JobQuoteCommand
{
    /// <summary>Rarer than that is told as a power of ten.</summary>
    private const double PercentMin = 0.001;

    public static Command Make(CommandSet set)
    {
        var program = new Argument<string>("PROGRAM")
        {
            Description = "A module that is deployed already, FILE.wasm, or the id of a program or its beginning, prog and eight digits",
        };
        var fuel = JobSpecOptions.Fuel("1G");
        var memory = JobSpecOptions.Memory();
        var needs = new JobNeedsOptions();
        var assurances = new Option<string[]>("--assurance")
        {
            Description = "What to compare: none, audit:10%, quorum:2/3 or committee:5; may be repeated [one or two of each kind]",
            HelpName = "LEVEL",
        };
        var liars = Values.Option<int>(
            "--liars",
            "SHARE",
            "How likely each worker is assumed to lie, all liars in one conspiracy: 0 to 0.499 [0.3]",
            "a number from 0 to 0.499 with at most three decimals",
            TryLiars
        );
        return set.Leaf(
            "quote",
            """
            Say what a job would cost, how long it would take and how sure its result would be, by the offers of this moment.
            Nothing is submitted, held or promised. The price expected is for all of the fuel; the price limit is what --max-price needs.

            Example:
              market job quote programs/primes/primes.wasm --fuel 2G --assurance none --assurance quorum:2/3
            """,
            async run =>
            {
                var levels = Levels(run, assurances);
                var request = new QuoteRequest
                {
                    Program = await Program(run, run.Get(program)),
                    FuelMax = run.Get(fuel) ?? JobTerms.FuelMaxChosen,
                    MemoryPagesMax = JobSpecOptions.Pages(run.Get(memory)),
                    Needs = needs.Of(run, hasPrice: true),
                    Priority = needs.Priority(run),
                    Assurances = levels is [] ? null : levels,
                    LiarsPermille = run.Get(liars),
                };
                var sheet = await run.Client.Jobs.Quote(request, run.Cancellation);
                await run.Answer(sheet, writer => Write(writer, sheet));
                return ExitCodes.Ok;
            },
            [program, fuel, memory, .. needs.QuoteSymbols, assurances, liars]
        );
    }

    private static Assurance[] Levels(Invocation run, Option<string[]> option)
    {
        var words = run.Get(option) ?? [];
        var levels = new Assurance[words.Length];
        for (var index = 0; index < words.Length; index++)
        {
            if (!Assurance.TryParse(words[index], out levels[index], out var refusal))
            {
                throw CommandException.Usage(refusal, "Give --assurance once for each that is to be compared.");
            }
        }
        return levels;
    }

    /// <summary>A module's program has the same id wherever it is deployed, so the file is not sent.</summary>
    private static async Task<ProgramId> Program(Invocation run, string word)
    {
        if (Ids.TryProgram(word, out var typed) && !File.Exists(run.Path(word)))
        {
            return await run.FindProgram(typed);
        }
        return IdDerivation.Program(await BlobCommands.IdOf(run, word), default);
    }

    private static void Write(TextWriter writer, QuoteSheet sheet)
    {
        Table.Write(
            writer,
            ["ASSURANCE", "OWNERS", "PRICE EXPECTED", "PRICE LIMIT", "DELAY", "WRONG RESULT ACCEPTED", "AVAILABLE"],
            sheet.Quotes.Select(quote =>
                new[]
                {
                    quote.Assurance.ToString(),
                    Table.Show(quote.Seats),
                    quote.PriceExpected is { } expected ? Table.Show(expected) : "-",
                    quote.PriceMax is { } limit ? Table.Show(limit) : "-",
                    quote.DelayMs is { } delay ? $"about {Delay(delay)}" : "-",
                    Probability(quote.WrongAccepted),
                    quote.Available ? "yes" : $"no: {quote.Reason}",
                }
            )
        );
        var least = sheet.OwnersAtLeast ? "at least " : "";
        writer.WriteLine(
            $"\nFor {Table.Show(sheet.FuelMax)} fuel. Owners of workers that fit: {least}{Table.Show(sheet.Owners)}. "
                + $"It is assumed that each worker lies with a probability of {Percent(sheet.LiarsPermille / 1000.0)}, all liars together."
        );
        if (sheet.ReusePercent is { } percent)
        {
            writer.WriteLine($"With --reuse, a job that an earlier one's receipt answers pays {percent} % of the earlier price.");
        }
    }

    private static string Delay(long milliseconds) =>
        milliseconds < 1000 ? $"{milliseconds} ms" : string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000.0:0.#} s");

    private static string Probability(string text)
    {
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share);
        return isNumber && share >= PercentMin ? Percent(share) : text;
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.###} %");

    private static bool TryLiars(string text, out int permille)
    {
        var isNumber = decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share);
        permille = isNumber && share is >= 0 and < 0.5m && share * 1000 == decimal.Truncate(share * 1000) ? (int)(share * 1000) : -1;
        return permille >= 0;
    }
}
