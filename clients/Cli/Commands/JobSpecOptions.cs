using System.CommandLine;
using System.Text;

namespace Marketplace.Cli.Commands;

/// <summary>What <c>job run</c> and <c>job submit</c> take, and the request that it makes.</summary>
internal sealed class JobSpecOptions
{
    private const string StandardInput = "-";

    /// <summary>
    /// Standard input without an end for so long is not what most people meant: other commands that feed this one have written by then.
    /// </summary>
    private static readonly TimeSpan InputPatience = TimeSpan.FromSeconds(2);

    private readonly Argument<string> _program = new("PROGRAM")
    {
        Description =
            "A module, FILE.wasm, which is deployed if need be, or the id of a deployed program or its beginning, prog and eight digits",
    };

    private readonly Argument<string[]> _words = new("ARG")
    {
        Description = "Arguments of the program, behind '--'; those that begin with a dash belong to the program too",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _input = Values.Text(
        "--input",
        "FILE",
        "Input from a file; '-' is standard input [standard input, where it is not a terminal]"
    );
    private readonly Option<string?> _text = Values.Text("--text", "TEXT", "Input as text; '-' is standard input");
    private readonly Option<TokenAmount?> _priceMax = Values.Option<TokenAmount>(
        "--max-price",
        "N",
        "What the job may cost in base units [what the cheapest worker asks for the fuel limit]",
        "a whole number of base units",
        Values.TryAmount
    );
    private readonly Option<long?> _fuel = Fuel("1G, or what --max-price buys of it now");
    private readonly Option<TimeSpan?> _timeout = Values.Option<TimeSpan>(
        "--timeout",
        "TIME",
        "How long the program may run [30s]",
        "a number and ms, s, m or h",
        Values.TryDuration
    );
    private readonly Option<long?> _memory = Memory();
    private readonly Option<string?> _entry = Values.Text("--entry", "NAME", "The function to call [the only one that can be]");
    private readonly Option<string[]> _arguments = new("--arg")
    {
        Description = "An argument of the program, before those behind '--'; may be repeated",
        HelpName = "WORD",
    };

    private readonly Option<string[]> _files = new("--input-file")
    {
        Description = "A file that the program finds as /in/NAME; may be repeated",
        HelpName = "NAME=FILE",
    };

    private readonly Option<string[]> _environment = new("--env")
    {
        Description = "A variable of the program's environment; may be repeated",
        HelpName = "NAME=VALUE",
    };

    private readonly JobNeedsOptions _needs = new();

    private readonly Option<bool> _reuse = new("--reuse")
    {
        Description = "Take the result from an earlier job's receipt if there is one, for a part of its price; and let others take yours",
    };

    private readonly Option<string?> _requestId = Values.Text(
        "--request-id",
        "ID",
        "Your own id of the job: the same id again reaches the same job [a new one]"
    );

    public Symbol[] Symbols =>
        [
            _program,
            _words,
            _input,
            _text,
            _priceMax,
            _fuel,
            _timeout,
            _memory,
            .. _needs.Symbols,
            _reuse,
            _entry,
            _arguments,
            _environment,
            _files,
            _requestId,
        ];

    public static Option<long?> Fuel(string unstated) =>
        Values.Option<long>(
            "--fuel",
            "N",
            $"Instructions that the program may use, for example 500M [{unstated}]",
            "a whole number above zero, with k, M or G if you like",
            Values.TryCount
        );

    public static Option<long?> Memory() =>
        Values.Option<long>("--memory", "PAGES", "Memory in pages of 64 KiB [1024]", "a whole number above zero", Values.TryCount);

    /// <summary>A count that no number of pages can have becomes the largest one, which the service refuses with its own words.</summary>
    public static int? Pages(long? count) => count is { } pages ? (int)Math.Min(pages, int.MaxValue) : null;

    public async Task<JobRequest> Request(Invocation run)
    {
        if (run.Has(_input) && run.Has(_text))
        {
            throw new CommandException(
                new Failure(ExitCodes.Usage, "usage", "--input and --text exclude each other.", "Give one of them.")
            );
        }
        if (run.Get(_words).Length > run.WordsBehindDashes)
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.Usage,
                    "usage",
                    $"'{run.Get(_words)[0]}' is neither an option nor the program.",
                    "Arguments of the program stand behind two dashes: market job run PROGRAM -- ARG…"
                )
            );
        }

        var spread = _needs.Spread(run);
        var needs = _needs.Of(run, hasPrice: run.Has(_priceMax));
        // Independent questions are asked at once: a person waits for the sum.
        var program = Program(run);
        var price =
            run.Get(_priceMax) is { } given ? Limited(run, given)
            : _needs.Assured(run) is { IsNone: false } assurance ? Quote(run, program, needs, assurance)
            : Quote(run, FuelAsked(run));
        var input = Input(run);
        var files = Files(run);
        try
        {
            await Task.WhenAll(program, price, input, files);
        }
        catch
        {
            // The program comes first: who mistyped its name is told so, and not that there is no worker.
            await program;
            await input;
            await files;
            throw;
        }
        var (inline, blob) = await input;
        var (priceMax, fuelMax) = await price;
        return new JobRequest
        {
            RequestId = run.Get(_requestId) ?? RequestId.New(),
            Program = await program,
            EntryPoint = run.Get(_entry),
            Input = inline,
            InputBlob = blob,
            Arguments = Arguments(run) is { Length: > 0 } arguments ? arguments : null,
            Environment = Pairs(run, _environment, "--env") is { Count: > 0 } environment ? environment : null,
            InputFiles = await files,
            PriceMax = priceMax,
            FuelMax = fuelMax,
            MemoryPagesMax = Pages(run.Get(_memory)),
            Needs = needs,
            Priority = _needs.Priority(run),
            AuctionMs = _needs.AuctionMs(run),
            Group = _needs.Group(run),
            Spread = spread,
            Assurance = _needs.Assured(run),
            Reuse = run.Get(_reuse) ? true : null,
            TimeMaxMs = (long?)run.Get(_timeout)?.TotalMilliseconds,
        };
    }

    private long FuelAsked(Invocation run) => run.Get(_fuel) ?? JobTerms.FuelMaxChosen;

    /// <summary>The limit with which workers of as many owners as the assurance takes are paid at their prices of now.</summary>
    private async Task<Limits> Quote(Invocation run, Task<ProgramId> program, JobNeeds? needs, Assurance assurance)
    {
        var request = new QuoteRequest
        {
            Program = await program,
            FuelMax = FuelAsked(run),
            MemoryPagesMax = Pages(run.Get(_memory)),
            Needs = needs,
            Priority = _needs.Priority(run),
            Assurances = [assurance],
        };
        return (await run.Client.Jobs.Quote(request, run.Cancellation)).Quotes is [{ Available: true, PriceMax: { } limit }, ..]
            ? new Limits(limit, FuelAsked(run))
            : throw new CommandException(
                new Failure(
                    ExitCodes.Refused,
                    "no_quote",
                    $"{assurance} has no price now.",
                    "'market job quote' tells why; with --max-price N the job is submitted anyway, where the market offers it."
                )
            );
    }

    private static async Task<Limits> Quote(Invocation run, long fuel) =>
        await run.Client.Market.Quote(fuel, run.Cancellation) is { } price
            ? new Limits(price, fuel)
            : throw new CommandException(
                new Failure(
                    ExitCodes.Refused,
                    "no_worker",
                    "There is no worker now, so there is no price to go by.",
                    "Give --max-price N to submit the job anyway; it then waits for a worker. 'market doctor' tells more."
                )
            );

    /// <summary>
    /// The fuel that a limit buys, where none is stated. A limit that no offer meets is warned of before the job is there: it may be
    /// refused, or wait with its money held.
    /// </summary>
    private async Task<Limits> Limited(Invocation run, TokenAmount given)
    {
        var stated = run.Get(_fuel);
        try
        {
            if ((await run.Client.Market.Get(run.Cancellation)).LowestPricePerMillionFuel is { } price)
            {
                // A priority that the service refuses is not this one's to tell of.
                price *= (uint)Math.Clamp(_needs.Priority(run) ?? 1, 1, JobLimits.PriorityMax) * (uint)(_needs.Assured(run)?.Seats ?? 1);
                var fuel =
                    stated
                    ?? FuelPrice.Bought(
                        given,
                        JobTerms.FuelMaxUnstated,
                        JobTerms.FuelMaxChosen,
                        FuelPrice.Of(JobTerms.FuelMaxChosen, price)
                    );
                var least = FuelPrice.Of(fuel, price);
                if (given < least)
                {
                    run.Note(
                        $"market: --max-price {Table.Show(given)} is too low now: the cheapest worker asks {Table.Show(least)} for "
                            + $"{Table.Show(fuel)} fuel. "
                            + "If the market takes the job, the job waits until an offer is low enough, or it expires."
                    );
                }
                return new Limits(given, fuel);
            }
        }
        catch (Exception unknown) when (Failure.IsOfService(unknown))
        {
            // Only a warning and a choice are lost: the submission tells what is wrong with the service or the key.
        }
        return new Limits(given, stated);
    }

    private string[] Arguments(Invocation run) => [.. run.Get(_arguments) ?? [], .. run.Get(_words)];

    private async Task<ProgramId> Program(Invocation run)
    {
        var word = run.Get(_program);
        // A file of that name is meant before a program whose id begins so.
        if (Ids.TryProgram(word, out var typed) && !File.Exists(run.Path(word)))
        {
            return await run.FindProgram(typed);
        }
        return (await ProgramCommands.Deploy(run, word, null, default)).Id;
    }

    private async Task<(ReadOnlyMemory<byte>? Inline, BlobId? Blob)> Input(Invocation run)
    {
        var source = run.Get(_input);
        var text = run.Get(_text);
        if (source is null && text is null)
        {
            if (run.Surroundings.InputIsTerminal)
            {
                return (null, null);
            }
            var (piped, blob) = await Inline(run, run.Surroundings.Input, "standard input");
            return (piped is { IsEmpty: true } ? null : piped, blob);
        }

        if (source == StandardInput || text == StandardInput)
        {
            return await Inline(run, run.Surroundings.Input, "standard input");
        }
        if (text is not null)
        {
            using var bytes = new MemoryStream(Encoding.UTF8.GetBytes(text), writable: false);
            return await Inline(run, bytes, "text");
        }
        await using var file = BlobCommands.OpenRead(run, source!);
        return await Inline(run, file, source!);
    }

    private async Task<IReadOnlyDictionary<string, BlobId>?> Files(Invocation run)
    {
        var blobs = new Dictionary<string, BlobId>();
        foreach (var (name, path) in Pairs(run, _files, "--input-file"))
        {
            await using var content = BlobCommands.OpenRead(run, path);
            blobs.Add(name, (await BlobCommands.Upload(run, content, path)).Id);
        }

        return blobs.Count > 0 ? blobs : null;
    }

    private static Dictionary<string, string> Pairs(Invocation run, Option<string[]> option, string typed)
    {
        var pairs = new Dictionary<string, string>();
        foreach (var word in run.Get(option) ?? [])
        {
            var name = word.Split('=')[0];
            if (name.Length is 0 || name.Length == word.Length)
            {
                throw new CommandException(
                    new Failure(ExitCodes.Usage, "usage", $"{typed} {word} has no name before an equals sign.", "Give NAME=…")
                );
            }
            if (!pairs.TryAdd(name, word[(name.Length + 1)..]))
            {
                throw new CommandException(new Failure(ExitCodes.Usage, "usage", $"{typed} gives {name} twice.", "Give it once."));
            }
        }

        return pairs;
    }

    /// <summary>Small inputs go inside the request; a larger one is stored as a blob.</summary>
    private static async Task<(ReadOnlyMemory<byte>? Inline, BlobId? Blob)> Inline(Invocation run, Stream content, string name)
    {
        var head = new byte[JobLimits.InlineBytesMax + 1];
        var count = await ReadHead(run, content, head);
        if (count <= JobLimits.InlineBytesMax)
        {
            return (head.AsMemory(0, count), null);
        }
        Stream all;
        if (content.CanSeek)
        {
            content.Position = 0;
            all = content;
        }
        else
        {
            all = new HeadedStream(head, content);
        }
        var blob = await BlobCommands.Upload(run, all, name);
        return (null, blob.Id);
    }

    /// <summary>Waiting for standard input is said: a person may not know that it is read, and a script that it was never closed.</summary>
    private static async Task<int> ReadHead(Invocation run, Stream content, byte[] head)
    {
        var reading = content.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, run.Cancellation);
        if (reading.IsCompleted || content != run.Surroundings.Input)
        {
            return await reading;
        }
        await using var patience = run.Surroundings.Clock.CreateTimer(
            _ => run.Note("market: reads the job's input from standard input until its end; without input: --text \"\" or </dev/null"),
            null,
            InputPatience,
            Timeout.InfiniteTimeSpan
        );
        return await reading;
    }

    /// <param name="PriceMax">What the job may cost.</param>
    /// <param name="FuelMax">What it may use; null: what the service takes.</param>
    private readonly record struct Limits(TokenAmount PriceMax, long? FuelMax);
}
