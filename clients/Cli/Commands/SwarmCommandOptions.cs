using System.CommandLine;
using System.Globalization;
using Marketplace.Worker;

namespace Marketplace.Cli.Commands;

/// <summary>What <c>market swarm</c> takes; the bounds are those of <see cref="SwarmOptions"/>.</summary>
internal sealed class SwarmCommandOptions
{
    private const string AnAmount = "a whole number of base units";
    private const string ACount = "a whole number";
    private const string AShare = "a number from 0 to 1";
    private const string ATime = "a time such as 100ms, 5s or 2m";
    private static readonly SwarmOptions Defaults = new();

    private readonly Option<long?> _workers = Count("--workers", "Workers [100]");
    private readonly Option<long?> _slots = Count("--slots", "Jobs that each runs at a time [4]");
    private readonly Option<long?> _seed = Count("--seed", "What they decide by chance is the same with the same seed [1]");
    private readonly Option<TokenAmount?> _priceMin = Amount("--price-min", "The least that one asks per million fuel, in base units [1]");
    private readonly Option<TokenAmount?> _priceMax = Amount("--price-max", "The most that one asks [--price-min]");
    private readonly Option<TimeSpan?> _runTime = Time("--run-time", "The mean time of a run [50ms]");
    private readonly Option<long?> _fuel = Count("--fuel-per-second", "Fuel that a run uses, up to its job's limit [200000000]");
    private readonly Option<double?> _lies = Share("--lies", "Which share of the runs ends in a lie [0]");
    private readonly Option<double?> _stalls = Share("--stalls", "Which share of the runs never ends by itself [0]");
    private readonly Option<TimeSpan?> _disconnects = Time(
        "--disconnect-every",
        "The mean time until a worker loses its connection [never]"
    );
    private readonly Option<TimeSpan?> _outage = Time("--outage", "The mean time until it is back [1s]");
    private readonly Option<long?> _bytes = Count("--bytes-per-second", "What a worker reads of modules and inputs [no limit]");

    /// <summary>Results after which the swarm ends.</summary>
    public Option<long?> Jobs { get; } = Count("--jobs", "End when the market has taken so many results [Ctrl-C ends it]");

    /// <summary>The time after which it ends.</summary>
    public Option<TimeSpan?> For { get; } = Time("--for", "End after this time [Ctrl-C ends it]");

    public Symbol[] All =>
        [_workers, _slots, _seed, _priceMin, _priceMax, _runTime, _fuel, _lies, _stalls, _disconnects, _outage, _bytes, Jobs, For];

    /// <exception cref="CommandException">One is outside its bounds.</exception>
    public SwarmOptions Read(Invocation run)
    {
        var priceMin = run.Get(_priceMin) ?? Defaults.PriceMin;
        var workers = run.Get(_workers) ?? Defaults.Workers;
        var options = Defaults with
        {
            Workers = (int)Math.Min(workers, int.MaxValue),
            Slots = (int)Math.Min(run.Get(_slots) ?? Defaults.Slots, int.MaxValue),
            Seed = run.Get(_seed) ?? Defaults.Seed,
            PriceMin = priceMin,
            PriceMax = run.Get(_priceMax) ?? priceMin,
            RunTime = run.Get(_runTime) ?? Defaults.RunTime,
            FuelPerSecond = run.Get(_fuel) ?? Defaults.FuelPerSecond,
            Lies = run.Get(_lies) ?? Defaults.Lies,
            Stalls = run.Get(_stalls) ?? Defaults.Stalls,
            DisconnectEvery = run.Get(_disconnects),
            Outage = run.Get(_outage) ?? Defaults.Outage,
            BytesPerSecond = run.Get(_bytes),
        };
        if (workers > SwarmPolicy.ConnectedWorkersMax)
        {
            throw CommandException.Usage(
                $"--workers is {workers}; over sockets at most {SwarmPolicy.ConnectedWorkersMax} of one process work.",
                "Start more swarms, each with its own seed, after a pause in which the market lets new accounts open."
            );
        }
        try
        {
            options.Validate();
            return options;
        }
        catch (ArgumentException wrong)
        {
            throw CommandException.Usage(wrong.Message, "'market swarm --help' lists the options.");
        }
    }

    private static Option<long?> Count(string name, string description) =>
        Values.Option<long>(name, "N", description, ACount, Values.TryCount);

    private static Option<TokenAmount?> Amount(string name, string description) =>
        Values.Option<TokenAmount>(name, "N", description, AnAmount, Values.TryAmount);

    private static Option<TimeSpan?> Time(string name, string description) =>
        Values.Option<TimeSpan>(name, "TIME", description, ATime, Values.TryDuration);

    private static Option<double?> Share(string name, string description) =>
        Values.Option<double>(name, "SHARE", description, AShare, TryShare);

    private static bool TryShare(string text, out double value) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 1;
}
