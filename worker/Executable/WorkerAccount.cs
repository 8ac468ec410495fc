namespace Marketplace.Worker;

/// <summary>
/// The account of the worker's key, over HTTP: opened once, which the market asks of each worker, and read for what it has earned. The API
/// key that this process keeps may only read: money leaves the account with the key file alone.
/// </summary>
internal sealed class WorkerAccount(WorkerFolder folder, MarketAddress market, StatusLine status, TimeProvider time)
{
    /// <summary>Opens the account unless an earlier start did, again until the market answers.</summary>
    /// <exception cref="MarketplaceException">The market refuses, and would again.</exception>
    /// <exception cref="MarketplaceProtocolException">Something else answers at the address.</exception>
    public async Task Open(Bytes32 known, CancellationToken cancellation)
    {
        if (folder.ApiKey is not null)
        {
            return;
        }
        using var client = new MarketplaceClient(market.ClientOptions(key: null));
        var options = new OpenOptions
        {
            Name = "worker",
            Scopes = [Scope.Read],
            Market = known.ToString(),
        };
        for (var pause = WorkerPolicy.RetryPause; ; pause = WorkerPolicy.Longer(pause, WorkerPolicy.ReconnectPauseMax))
        {
            try
            {
                var opened = await client.Accounts.Open(folder.Key, options, cancellation).ConfigureAwait(false);
                folder.KeepAccess(market.Url, opened.Key);
                status.Say($"Account {opened.Account} is open");
                return;
            }
            catch (Exception failure) when (failure is MarketplaceUnreachableException or MarketplaceException { IsRetrySafe: true })
            {
                status.Say($"The account could not be opened: {failure.Message} Trying again within {pause}");
            }
            await Task.Delay(WorkerPolicy.WithChance(pause), time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the status line what the account has earned, until it ends.</summary>
    public async Task Watch(CancellationToken cancellation)
    {
        try
        {
            using var client = new MarketplaceClient(market.ClientOptions(folder.ApiKey));
            while (true)
            {
                try
                {
                    status.Earned = (await client.Account.Get(cancellation).ConfigureAwait(false)).Earned;
                }
                catch (Exception failure) when (failure is MarketplaceUnreachableException or MarketplaceException { IsRetrySafe: true })
                {
                    // The link says that the market cannot be reached.
                }
                await Task.Delay(WorkerPolicy.EarningsPeriod, time, cancellation).ConfigureAwait(false);
            }
        }
        catch (MarketplaceException refused)
        {
            status.Earned = null;
            status.Say($"Earnings are not shown any more: {refused.Detail}");
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The process ends.
        }
    }
}
