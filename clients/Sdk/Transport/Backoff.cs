namespace Marketplace.Sdk.Transport;

/// <summary>
/// How long to pause before each further attempt: twice as long each time, minus up to half by chance so that clients spread out.
/// </summary>
internal sealed class Backoff(MarketplaceClientOptions options)
{
    /// <param name="attempt">Attempts made so far, from 1.</param>
    /// <param name="atLeast">What the service asked for.</param>
    public TimeSpan DelayBefore(int attempt, TimeSpan? atLeast = null)
    {
        // 2^30 times any delay is beyond every maximum; more doublings would only overflow.
        var full = Math.Min(
            options.RetryDelayMax.TotalMilliseconds,
            options.RetryDelayMin.TotalMilliseconds * (1L << Math.Min(attempt - 1, 30))
        );
        var delay = TimeSpan.FromMilliseconds(full * (1 - Chance() / 2));
        return atLeast > delay ? atLeast.Value : delay;
    }

    private double Chance()
    {
        // A seeded source is not thread-safe; retries are too rare for the lock to matter.
        lock (options.Chance)
        {
            return options.Chance.NextDouble();
        }
    }

    public Task Wait(int attempt, TimeSpan? atLeast, CancellationToken cancellation) =>
        Task.Delay(DelayBefore(attempt, atLeast), options.TimeProvider, cancellation);
}
