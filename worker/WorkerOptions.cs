using Marketplace.Engine;
using Marketplace.Worker.Isolation;

namespace Marketplace.Worker;

/// <summary>Where and how a worker's guests run, whoever the worker is.</summary>
public record GuestOptions
{
    /// <summary>Jobs that run at a time: one thread each.</summary>
    public int Slots { get; init; } = Math.Max(1, Environment.ProcessorCount);

    /// <summary>The largest guest memory, in pages of 64 KiB.</summary>
    public int MemoryPagesMax { get; init; } = 4096;

    /// <summary>
    /// The memory that compiled modules may take, by the engine's estimate. Beyond it the least recently used one goes; the newest always
    /// stays. A worker without a lease for <see cref="WorkerPolicy.IdleMax"/> drops them all, and gives the memory back to the system if
    /// <see cref="WorkerPolicy"/> says that it is worth it. The process then keeps what it had before its first module and about 40 MB,
    /// most of it code of the engine and the runtime itself.
    /// </summary>
    public long ModuleCacheBytesMax { get; init; } = 256 * 1024 * 1024;

    /// <summary>Where guests run. Null: the strictest isolation that works here.</summary>
    public IsolationKind? Isolation { get; init; } = IsolationKind.None;

    /// <summary>
    /// Runs after which a child is replaced by a new one. 1: each run has a child of its own, which costs about 0.3 s of one core.
    /// </summary>
    public long RunsPerChildMax { get; init; } = 100_000;

    /// <summary>What is started as a child; null: this program.</summary>
    internal ChildCommand? Child { get; init; }
}

/// <summary>What a worker offers and how it runs. <see cref="Validate"/> is called at start.</summary>
public sealed record WorkerOptions : GuestOptions
{
    /// <summary>The worker's key.</summary>
    public required WorkerId Worker { get; init; }

    /// <summary>The account that earns.</summary>
    public required AccountId PayTo { get; init; }

    /// <summary>What it asks per million fuel, in base units.</summary>
    public TokenAmount PricePerMillionFuel { get; init; } = FuelPrice.Least;

    /// <summary>What it says of itself, for jobs that ask for it: <c>gpu</c>, <c>region=eu</c>.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Accounts whose jobs it does not take.</summary>
    public IReadOnlyList<AccountId> RefusedAccounts { get; init; } = [];

    /// <summary>The least reputation, in thousandths, of the accounts whose jobs it takes; 0: any.</summary>
    public int BuyerReputationMin { get; init; }

    /// <summary>Where modules and inputs are kept between runs and starts. Null: nowhere, as in a silo, whose store has them.</summary>
    public CacheOptions? Cache { get; init; }

    /// <exception cref="InvalidOperationException">An option is outside its bounds; the message names it.</exception>
    public void Validate()
    {
        Check(Slots is >= 1 and <= WorkerLimits.SlotsMax, nameof(Slots), Slots, $"1 to {WorkerLimits.SlotsMax}");
        Check(PricePerMillionFuel >= FuelPrice.Least, nameof(PricePerMillionFuel), PricePerMillionFuel, $"at least {FuelPrice.Least}");
        Check(
            MemoryPagesMax is >= 1 and <= JobLimits.MemoryPagesMax,
            nameof(MemoryPagesMax),
            MemoryPagesMax,
            $"1 to {JobLimits.MemoryPagesMax}"
        );
        Check(
            Labels.Count <= WorkerLimits.LabelsMax
                && Labels.All(WorkerLabels.IsLabel)
                && Labels.Select(WorkerLabels.KeyOf).Distinct().Count() == Labels.Count,
            nameof(Labels),
            string.Join(' ', Labels),
            $"at most {WorkerLimits.LabelsMax} of different keys, each {WorkerLabels.Form}"
        );
        Check(
            RefusedAccounts.Count <= WorkerLimits.RefusedAccountsMax,
            nameof(RefusedAccounts),
            RefusedAccounts.Count,
            $"at most {WorkerLimits.RefusedAccountsMax}"
        );
        Check(
            BuyerReputationMin is >= 0 and <= WorkerLimits.ReputationMax,
            nameof(BuyerReputationMin),
            BuyerReputationMin,
            $"0 to {WorkerLimits.ReputationMax}"
        );
        Check(RunsPerChildMax >= 1, nameof(RunsPerChildMax), RunsPerChildMax, "1 or more");
        var cacheBytesMin = EngineLimits.Default.ModuleBytesMax;
        Check(ModuleCacheBytesMax >= cacheBytesMin, nameof(ModuleCacheBytesMax), ModuleCacheBytesMax, $"at least {cacheBytesMin}");
    }

    private static void Check(bool holds, string property, object seen, string allowed)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"{nameof(WorkerOptions)}.{property} is {seen}; allowed: {allowed}.");
        }
    }
}

/// <summary>A folder of modules and inputs.</summary>
/// <param name="Folder">Made where it is not there; nothing else writes into it.</param>
/// <param name="BytesMax">What its files may take.</param>
public sealed record CacheOptions(string Folder, long BytesMax);
