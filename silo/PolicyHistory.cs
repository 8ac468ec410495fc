using System.Globalization;
using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>
/// Tells the market's ledger by which rules of money and admission this silo runs, where they are not those that stand there. The ports
/// open after this service has started, so who asks a silo finds its rules there; a silo whose ledger does not answer serves all the same.
/// </summary>
internal sealed partial class PolicyHistory(IGrainFactory grains, SiloOptions options, TimeProvider time, ILogger<PolicyHistory> log)
    : BackgroundService,
        IStartPart
{
    /// <summary>Between two attempts: the store may just be starting.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    /// <summary>How long the start waits for the ledger: it may be on another silo that is just starting.</summary>
    private static readonly TimeSpan ToldMax = TimeSpan.FromSeconds(5);

    public Task Started { get; private set; } = Task.CompletedTask;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        Started = Told(cancellationToken);
    }

    private async Task Told(CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(ExecuteTask!, Task.Delay(ToldMax, time, over.Token));
        await over.CancelAsync();
    }

    /// <summary>By their names on the command line.</summary>
    internal static Dictionary<string, string> PolicyOf(SiloOptions options) =>
        new()
        {
            ["admit-workers"] = options.AdmitsKnownOnly ? "known" : "any",
            ["committee-stake"] = options.CommitteeStake,
            ["epoch"] = options.EpochMinutes.ToString(CultureInfo.InvariantCulture),
            ["initial-credit"] = options.InitialCredit,
            ["keep-jobs"] = options.KeepJobs.ToString(CultureInfo.InvariantCulture),
            ["queue-mib"] = options.QueueMiB.ToString(CultureInfo.InvariantCulture),
            ["reuse-days"] = options.ReuseDays.ToString(CultureInfo.InvariantCulture),
            ["reuse-price"] = options.ReusePercent.ToString(CultureInfo.InvariantCulture),
            ["unbonding-hours"] = options.UnbondingHours.ToString(CultureInfo.InvariantCulture),
        };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var at = time.GetUtcNow();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await PolicyTelling.Tell(grains, PolicyOf(options), at);
                return;
            }
            catch (Exception failure)
            {
                LogNotTold(log, failure);
            }
            try
            {
                await Task.Delay(Pause, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The market's ledger could not be told of this silo's rules; it is told again")]
    private static partial void LogNotTold(ILogger log, Exception failure);
}
