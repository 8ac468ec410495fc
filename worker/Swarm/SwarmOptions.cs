namespace Marketplace.Worker;

/// <summary>What the workers of a swarm are like. With the same seed each of them decides the same, job by job.</summary>
public sealed record SwarmOptions
{
    public int Workers { get; init; } = 100;

    /// <summary>Jobs that each runs at a time.</summary>
    public int Slots { get; init; } = 4;

    public long Seed { get; init; } = 1;

    /// <summary>What they ask per million fuel: each one price from here …</summary>
    public TokenAmount PriceMin { get; init; } = FuelPrice.Least;

    /// <summary>… to here.</summary>
    public TokenAmount PriceMax { get; init; } = FuelPrice.Least;

    /// <summary>The mean time of a run; each takes from half of it to half as much again.</summary>
    public TimeSpan RunTime { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Fuel that a run uses in a second, up to its job's limit.</summary>
    public long FuelPerSecond { get; init; } = 200_000_000;

    /// <summary>Which share of the runs ends in a lie: all the fuel, an output that is not there, a report that breaks the rules.</summary>
    public double Lies { get; init; }

    /// <summary>Which share of the runs never ends by itself.</summary>
    public double Stalls { get; init; }

    /// <summary>The mean time until a worker loses its connection; null: never.</summary>
    public TimeSpan? DisconnectEvery { get; init; }

    /// <summary>The mean time until it is back.</summary>
    public TimeSpan Outage { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What each worker reads of modules and inputs; null: as fast as they come.</summary>
    public long? BytesPerSecond { get; init; }

    /// <exception cref="ArgumentException">An option is outside its bounds; the message names it.</exception>
    public void Validate()
    {
        Check(Workers is >= 1 and <= SwarmPolicy.WorkersMax, nameof(Workers), Workers, $"1 to {SwarmPolicy.WorkersMax}");
        Check(Slots is >= 1 and <= WorkerLimits.SlotsMax, nameof(Slots), Slots, $"1 to {WorkerLimits.SlotsMax}");
        Check(PriceMin >= FuelPrice.Least, nameof(PriceMin), PriceMin, $"at least {FuelPrice.Least}");
        Check(PriceMax >= PriceMin && PriceMax.BaseUnits <= long.MaxValue, nameof(PriceMax), PriceMax, $"{PriceMin} to {long.MaxValue}");
        Check(
            RunTime >= TimeSpan.Zero && RunTime <= SwarmPolicy.RunTimeMax,
            nameof(RunTime),
            RunTime,
            $"{TimeSpan.Zero} to {SwarmPolicy.RunTimeMax}"
        );
        Check(
            FuelPerSecond is >= 1 and <= SwarmPolicy.FuelPerSecondMax,
            nameof(FuelPerSecond),
            FuelPerSecond,
            $"1 to {SwarmPolicy.FuelPerSecondMax}"
        );
        Check(Lies is >= 0 and <= 1, nameof(Lies), Lies, "0 to 1");
        Check(Stalls is >= 0 and <= 1 && Lies + Stalls <= 1, nameof(Stalls), Stalls, $"0 to what {nameof(Lies)} leaves of 1");
        Check(
            DisconnectEvery is not { } every || (every > TimeSpan.Zero && every <= SwarmPolicy.DisconnectEveryMax),
            nameof(DisconnectEvery),
            DisconnectEvery ?? default,
            $"more than {TimeSpan.Zero}, at most {SwarmPolicy.DisconnectEveryMax}"
        );
        Check(
            Outage > TimeSpan.Zero && Outage <= SwarmPolicy.DisconnectEveryMax,
            nameof(Outage),
            Outage,
            $"more than {TimeSpan.Zero}, at most {SwarmPolicy.DisconnectEveryMax}"
        );
        Check(
            BytesPerSecond is not { } bytes || bytes is >= 1 and <= SwarmPolicy.BytesPerSecondMax,
            nameof(BytesPerSecond),
            BytesPerSecond ?? 0,
            $"1 to {SwarmPolicy.BytesPerSecondMax}"
        );
    }

    private static void Check(bool holds, string property, object seen, string allowed)
    {
        if (!holds)
        {
            throw new ArgumentException($"{nameof(SwarmOptions)}.{property} is {seen}; allowed: {allowed}.");
        }
    }
}
