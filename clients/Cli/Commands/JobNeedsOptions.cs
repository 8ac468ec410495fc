using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary>What a job that is submitted needs of its worker, and how much it wants to come early.</summary>
internal sealed class JobNeedsOptions
{
    private readonly Option<string[]> _labels = new("--need")
    {
        Description = "A label that the worker must have, such as gpu or region=eu; may be repeated",
        HelpName = "LABEL",
    };

    private readonly Option<long?> _reputation = Values.Option<long>(
        "--min-reputation",
        "N",
        "The worker's least reputation, 0 to 1000; one that is not known has 700 [any]",
        "a whole number above zero",
        Values.TryCount
    );

    private readonly Option<TokenAmount?> _stake = Values.Option<TokenAmount>(
        "--min-stake",
        "N",
        "What the worker must have at stake, in base units [nothing]",
        "a whole number of base units",
        Values.TryAmount
    );

    private readonly Option<bool> _newcomers = new("--allow-newcomers")
    {
        Description = "The job may go to a worker without a reputation, although others are cheaper: one of 20 such jobs does",
    };

    private readonly Option<long?> _priority = Values.Option<long>(
        "--priority",
        "N",
        "Pay N times what the worker asks, 1 to 10, and come earlier for it [1]",
        "a whole number, 1 to 10",
        Values.TryCount
    );

    private readonly Option<TimeSpan?> _auction = Values.Option<TimeSpan>(
        "--auction",
        "TIME",
        "Let workers bid for so long, 100ms to 60s: the lowest bid wins and is paid the second lowest [none: by posted prices]",
        "a number and ms, s, m or h",
        Values.TryDuration
    );

    private readonly Option<string?> _group = Values.Text(
        "--group",
        "NAME",
        "A name of your own: no two jobs of one group run at the same time on one worker [none]"
    );

    private readonly Option<GroupSpread?> _spread = Values.Option<GroupSpread>(
        "--spread",
        "WHAT",
        "With --group: what its jobs do not share, worker or owner [worker]",
        "worker or owner",
        TrySpread
    );

    private readonly Option<Assurance?> _assurance = Values.Option<Assurance>(
        "--assurance",
        "LEVEL",
        "How sure to be of the result: none, audit:10%, quorum:2/3 or committee:5; the price limit is for all of its runs [none]",
        Assurance.Form,
        Assurance.TryParse
    );

    private readonly Option<string[]> _refusedWorkers = new("--refuse-worker")
    {
        Description = "A worker that does not get the job; may be repeated",
        HelpName = "WORKER",
    };

    private readonly Option<string[]> _refusedOwners = new("--refuse-owner")
    {
        Description = "An account whose workers do not get the job; may be repeated",
        HelpName = "ACCOUNT",
    };

    public Symbol[] Symbols =>
        [_labels, _reputation, _stake, _refusedWorkers, _refusedOwners, _newcomers, _priority, _auction, _group, _spread, _assurance];

    /// <summary>Those that the price of a job depends on.</summary>
    public Symbol[] QuoteSymbols => [_labels, _reputation, _stake, _refusedWorkers, _refusedOwners, _newcomers, _priority];

    public int? Priority(Invocation run) => run.Get(_priority) is { } priority ? (int)Math.Min(priority, int.MaxValue) : null;

    public string? Group(Invocation run) => run.Get(_group);

    public Assurance? Assured(Invocation run) => run.Get(_assurance);

    public GroupSpread? Spread(Invocation run) =>
        run.Get(_spread) is { } spread && !run.Has(_group)
            ? throw new CommandException(
                new Failure(ExitCodes.Usage, "usage", $"--spread {spread} is of no group.", "Give --group NAME with it.")
            )
            : run.Get(_spread);

    private static bool TrySpread(string text, out GroupSpread spread)
    {
        spread = text == "owner" ? GroupSpread.Owner : GroupSpread.Worker;
        return text is "worker" or "owner";
    }

    public long? AuctionMs(Invocation run) => (long?)run.Get(_auction)?.TotalMilliseconds;

    /// <summary>What is no label or id is told before anything is uploaded.</summary>
    public JobNeeds? Of(Invocation run, bool hasPrice)
    {
        var labels = run.Get(_labels) ?? [];
        if (labels.FirstOrDefault(word => !WorkerLabels.IsLabel(word)) is { } wrong)
        {
            throw new CommandException(new Failure(ExitCodes.Usage, "usage", $"--need {wrong} is no label.", $"Give {WorkerLabels.Form}."));
        }
        var needs = new JobNeeds
        {
            Labels = labels is [] ? null : labels,
            ReputationMin = run.Get(_reputation) is { } least ? (int)Math.Min(least, int.MaxValue) : null,
            StakeMin = run.Get(_stake),
            AllowsNewcomers = run.Get(_newcomers) ? true : null,
            RefusedWorkers = ParsedIds<WorkerId>(run, _refusedWorkers),
            RefusedOwners = ParsedIds<AccountId>(run, _refusedOwners),
        };
        var hasNeeds = needs != new JobNeeds();
        // What an assured job costs is asked for as a whole.
        var hasQuote = run.Get(_assurance) is { IsNone: false };
        if ((hasNeeds || run.Has(_priority) || run.Has(_auction)) && !hasPrice && !hasQuote)
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.Usage,
                    "usage",
                    "A job with needs, a priority or an auction has no price to go by: what the cheapest worker asks may not be what it "
                        + "pays.",
                    "Give --max-price N; 'market job quote' tells what it needs."
                )
            );
        }
        return hasNeeds ? needs : null;
    }

    private static TId[]? ParsedIds<TId>(Invocation run, Option<string[]> option)
        where TId : struct, IId<TId>
    {
        var words = run.Get(option) ?? [];
        var ids = new TId[words.Length];
        for (var index = 0; index < ids.Length; index++)
        {
            if (!TId.TryParse(words[index], out ids[index]))
            {
                throw new CommandException(
                    new Failure(ExitCodes.Usage, "usage", $"{option.Name} {words[index]} is no id.", "Give its 64 hexadecimal digits.")
                );
            }
        }
        return ids is [] ? null : ids;
    }
}
