using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Worker.Isolation;
using Marketplace.Worker.Protocol;

namespace Marketplace.Worker;

/// <summary>The worker as a program of its own: its words, and its exit codes.</summary>
internal static class WorkerCommand
{
    private const int Done = 0;

    /// <summary>The market does not take this worker, or is another one.</summary>
    private const int Refused = 1;

    /// <summary>What was typed, the passphrase or the folder cannot be used.</summary>
    private const int WrongWords = 2;

    /// <summary>A page of guest memory.</summary>
    private const int PagesPerMiB = 16;

    private static readonly Option<string> Url = new("--url")
    {
        Description = "Address of the market",
        HelpName = "URL",
        Required = true,
    };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "Folder of the worker's key, for one worker and one market",
        HelpName = "DIR",
        DefaultValueFactory = _ => "worker-data",
    };

    private static readonly Option<string> Price = new("--price")
    {
        Description = "Base units that it asks per million fuel",
        HelpName = "AMOUNT",
        DefaultValueFactory = _ => FuelPrice.Least.ToString(),
    };

    private static readonly Option<int> Slots = new("--slots")
    {
        Description = "Jobs that it runs at a time",
        HelpName = "N",
        DefaultValueFactory = _ => Math.Clamp(Environment.ProcessorCount, 1, WorkerLimits.SlotsMax),
    };

    private static readonly Option<int> Memory = new("--memory")
    {
        Description = "The largest memory of one job, in MiB",
        HelpName = "MIB",
        DefaultValueFactory = _ => 256,
    };

    private static readonly Option<string[]> Labels = new("--label")
    {
        Description = "What it says of itself, for jobs that ask for it, such as region=eu or gpu; may be repeated",
        HelpName = "LABEL",
    };

    private static readonly Option<string?> Region = new("--region")
    {
        Description = "Where it is: short for --label region=NAME",
        HelpName = "NAME",
    };

    private static readonly Option<string[]> RefusedAccounts = new("--refuse")
    {
        Description = "Account whose jobs it does not take; may be repeated",
        HelpName = "ACCOUNT",
    };

    private static readonly Option<int> BuyerReputation = new("--min-buyer-reputation")
    {
        Description = "The least reputation, 0 to 1000, of accounts whose jobs it takes; one that is not known has 700",
        HelpName = "N",
    };

    private static readonly Option<string> Isolation = new("--isolation")
    {
        Description = "Where programs run: none (in the worker's process), process, sandbox, or auto, the strictest that works",
        HelpName = "KIND",
        DefaultValueFactory = _ => "auto",
    };

    private static readonly Option<int> CacheSize = new("--cache-size")
    {
        Description = "What modules and inputs may take on disk, in MiB; 0: keeps none",
        HelpName = "MIB",
        DefaultValueFactory = _ => 1024,
    };

    /// <summary>As text: of another word than true or false the library says that it is no option.</summary>
    private static readonly Option<string> Committee = new("--committee")
    {
        Description = "Serve in committees, with a key of its own in the folder; false: in none",
        HelpName = "BOOL",
        DefaultValueFactory = _ => "true",
    };

    private static readonly Option<string?> PayTo = new("--pay-to")
    {
        Description = "Account that earns (the worker's own key)",
        HelpName = "ACCOUNT",
    };

    private static readonly Option<string?> MarketKey = new("--market-key")
    {
        Description = "The market's key, where it is known before the first contact",
        HelpName = "KEY",
    };

    private static readonly Option<string?> Ca = new("--ca")
    {
        Description = "PEM file: authorities that may sign the market's certificate (those that this machine trusts)",
        HelpName = "FILE",
    };

    private static readonly Option<bool> AllowPlaintext = new("--allow-plaintext")
    {
        Description = "Work for a market on another machine over plain HTTP",
    };

    private static readonly Option<string?> Otlp = new("--otlp")
    {
        Description = $"{OtlpTarget.UrlHelp}. A worker sends traces of its runs (not given: nothing)",
        HelpName = "URL",
    };

    private static readonly Option<string> TraceSample = new("--trace-sample")
    {
        Description = $"{OtlpTarget.SampleHelp}; as the silo's, for whole traces",
        HelpName = "RATIO",
        DefaultValueFactory = _ => OtlpTarget.SampleDefault,
    };

    /// <summary>A value that begins with an at sign is a value: the library would read a file of that name instead.</summary>
    private static readonly ParserConfiguration Words = new() { ResponseFileTokenReplacer = null };

    public static async Task<int> Run(string[] words)
    {
        var root = new RootCommand(
            $"Runs jobs for a market. A new key is kept encrypted where {KeyFile.PassphraseVariable} is set. SIGTERM: finishes what runs "
                + $"within {WorkerPolicy.DrainTimeMax.TotalSeconds} s and hands back the rest."
        )
        {
            Url,
            Data,
            Price,
            Slots,
            Memory,
            Labels,
            Region,
            RefusedAccounts,
            BuyerReputation,
            Isolation,
            CacheSize,
            Committee,
            PayTo,
            MarketKey,
            Ca,
            AllowPlaintext,
            Otlp,
            TraceSample,
        };
        root.SetAction((parse, _) => Act(parse));
        var result = root.Parse(words, Words);
        if (result.Errors.Count > 0)
        {
            foreach (var error in result.Errors)
            {
                await Console.Error.WriteLineAsync(Explain(error));
            }
            await Console.Error.WriteLineAsync("See --help.");
            return WrongWords;
        }
        return await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static async Task<int> Act(ParseResult parse)
    {
        try
        {
            var market = MarketAddress.Of(parse.GetRequiredValue(Url), parse.GetValue(Ca), parse.GetValue(AllowPlaintext));
            // Before the folder, which the first start makes: a wrong word leaves nothing behind.
            var asked = Options(parse);
            var telemetry = Telemetry(parse);
            using var folder = WorkerFolder.Open(
                parse.GetRequiredValue(Data),
                Environment.GetEnvironmentVariable(KeyFile.PassphraseVariable),
                Key(parse.GetValue(MarketKey))
            );
            await using var worker = new WorkerProcess(
                market,
                folder,
                Of(folder, asked, parse.GetValue(CacheSize)),
                Flag(parse, Committee),
                telemetry
            );
            await worker.Run();
            return Done;
        }
        catch (Exception wrong) when (wrong is UsageException or IsolationException)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return WrongWords;
        }
        catch (LinkEndedException refused)
        {
            await Console.Error.WriteLineAsync(Explain(refused, parse.GetRequiredValue(Data), parse.GetValue(MarketKey) is not null));
            return Refused;
        }
        catch (Exception refused) when (refused is MarketplaceException or MarketplaceProtocolException)
        {
            await Console.Error.WriteLineAsync($"The worker's account could not be opened. {refused.Message}");
            return Refused;
        }
    }

    /// <summary>What was typed, for a worker whose key is not known yet.</summary>
    private static WorkerOptions Options(ParseResult parse)
    {
        var payTo = parse.GetValue(PayTo);
        var options = new WorkerOptions
        {
            Worker = default,
            PayTo =
                payTo is null ? default
                : AccountId.TryParse(payTo, out var account) ? account
                : throw new UsageException($"--pay-to is '{payTo}'; expected an account, 64 hexadecimal digits."),
            PricePerMillionFuel =
                TokenAmount.TryParse(parse.GetRequiredValue(Price), out var price) && price >= FuelPrice.Least
                    ? price
                    : throw Wrong(Price, parse.GetRequiredValue(Price), $"a whole number of base units, {FuelPrice.Least} or more"),
            Slots = Number(parse, Slots, 1, WorkerLimits.SlotsMax),
            MemoryPagesMax = Number(parse, Memory, 1, JobLimits.MemoryPagesMax / PagesPerMiB) * PagesPerMiB,
            Labels = LabelsOf([
                .. parse.GetValue(Labels) ?? [],
                .. parse.GetValue(Region) is { } region ? (string[])[$"region={region}"] : [],
            ]),
            RefusedAccounts = AccountsOf(parse.GetValue(RefusedAccounts) ?? []),
            BuyerReputationMin = Number(parse, BuyerReputation, 0, WorkerLimits.ReputationMax),
            Isolation = parse.GetRequiredValue(Isolation) switch
            {
                "auto" => null,
                "none" => IsolationKind.None,
                "process" => IsolationKind.Process,
                "sandbox" => IsolationKind.Sandbox,
                var other => throw Wrong(Isolation, other, "none, process, sandbox or auto"),
            },
        };
        _ = Number(parse, CacheSize, 0, WorkerPolicy.CacheMiBMax);
        _ = Flag(parse, Committee);
        options.Validate();
        return options;
    }

    private static OtlpTarget? Telemetry(ParseResult parse)
    {
        var share = parse.GetRequiredValue(TraceSample);
        var sample = OtlpTarget.TrySample(share) ?? throw Wrong(TraceSample, share, OtlpTarget.SampleForm);
        return parse.GetValue(Otlp) is { } text
            ? new OtlpTarget(OtlpTarget.TryUrl(text) ?? throw Wrong(Otlp, OtlpTarget.Shown(text), OtlpTarget.UrlForm), sample)
            : null;
    }

    private static WorkerOptions Of(WorkerFolder folder, WorkerOptions asked, int cacheMiB) =>
        asked with
        {
            Worker = new WorkerId(folder.Key.PublicKey),
            PayTo = asked.PayTo == default ? new AccountId(folder.Key.PublicKey) : asked.PayTo,
            Cache = cacheMiB == 0 ? null : new CacheOptions(folder.Cache, (long)cacheMiB << 20),
        };

    private static string[] LabelsOf(string[] words)
    {
        if (words.FirstOrDefault(word => !WorkerLabels.IsLabel(word)) is { } wrong)
        {
            throw Wrong(Labels, wrong, WorkerLabels.Form);
        }
        if (words.GroupBy(WorkerLabels.KeyOf).FirstOrDefault(key => key.Count() > 1) is { } twice)
        {
            throw Wrong(Labels, string.Join(' ', twice), "each key once");
        }
        return words.Length <= WorkerLimits.LabelsMax
            ? words
            : throw Wrong(Labels, $"given {words.Length} times", $"at most {WorkerLimits.LabelsMax}");
    }

    private static AccountId[] AccountsOf(string[] words) =>
        words.Length <= WorkerLimits.RefusedAccountsMax
            ?
            [
                .. words.Select(word =>
                    AccountId.TryParse(word, out var account) ? account : throw Wrong(RefusedAccounts, word, "64 hexadecimal digits")
                ),
            ]
            : throw Wrong(RefusedAccounts, $"given {words.Length} times", $"at most {WorkerLimits.RefusedAccountsMax}");

    private static int Number(ParseResult parse, Option<int> option, int least, int most)
    {
        var number = parse.GetValue(option);
        return number >= least && number <= most
            ? number
            : throw Wrong(option, number.ToString(CultureInfo.InvariantCulture), $"{least:N0} to {most:N0}");
    }

    private static bool Flag(ParseResult parse, Option<string> option) =>
        bool.TryParse(parse.GetRequiredValue(option), out var flag)
            ? flag
            : throw Wrong(option, parse.GetRequiredValue(option), "true or false");

    private static UsageException Wrong(Option option, string seen, string expected) =>
        new($"{option.Name} is '{seen}'; expected {expected}.");

    private static Bytes32? Key(string? text) =>
        text is null ? null
        : Bytes32.TryParse(text, out var key) ? key
        : throw new UsageException($"--market-key is '{text}'; expected 64 hexadecimal digits.");

    /// <summary>What the library says of a value that it cannot read names types of this program.</summary>
    private static string Explain(ParseError error) =>
        (error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent) is OptionResult { Option: var option, Tokens: [var seen] }
        && option.ValueType == typeof(int)
            ? Wrong(option, seen.Value, "a whole number").Message
            : error.Message;

    private static string Explain(LinkEndedException refused, string folder, bool isKeyTyped) =>
        refused.Reason == LinkEnd.OtherMarket && isKeyTyped && !File.Exists(Path.Combine(folder, WorkerFolder.MarketFile))
            ? $"{refused.Message} Either --market-key or --url is wrong, or a stranger stands between: ask who runs the market for its key."
        : refused is { Reason: LinkEnd.OtherMarket, IsSealed: false }
            ? $"{refused.Message} This is not the market that the worker has met, or a stranger stands between them. "
                + $"If the market was made anew, remove '{Path.Combine(folder, WorkerFolder.MarketFile)}' and start again."
        : refused.Reason == LinkEnd.VersionRefused
            ? $"{refused.Message} This worker speaks version {LinkPolicy.Version}: install the worker of the market's version."
        : refused.Message;
}

/// <summary>What was typed cannot be used; the message says what could.</summary>
internal sealed class UsageException(string message) : Exception(message);
