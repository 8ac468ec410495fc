namespace Marketplace.Cli.Commands;

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="IsWell">Whether it is as it should be.</param>
/// <param name="Seen">What was found.</param>
/// <param name="Advice">What to do, if it is not well.</param>
internal sealed record Check(string Name, bool IsWell, string Seen, string? Advice = null);

/// <summary>The checks of <see cref="DoctorCommand"/>, in the order in which one needs the other.</summary>
internal sealed class Doctor(Invocation run)
{
    /// <summary>Only operators' keys see the books of all.</summary>
    private const string Forbidden = "forbidden";

    private readonly Connection _connection = new(run);

    public async IAsyncEnumerable<Check> Checks()
    {
        var url = Try(_connection.FindUrl, out var address);
        yield return address is null
            ? Failed("address", url!)
            : new Check("address", true, $"{address}, from {Source(_connection.UrlIsGiven, "MARKET_URL or --url", DataFolder.UrlFile)}");

        var key = Try(_connection.FindKey, out var secret);
        yield return secret is null
            ? Failed("key", key!)
            : new Check("key", true, $"{KeyId(secret)}, from {Source(_connection.KeyIsGiven, "MARKET_KEY or --key", DataFolder.KeyFile)}");

        if (_connection.Folder.Exists)
        {
            yield return MachineChecks.Disk(_connection.Folder.Path);
            yield return MachineChecks.Flush(_connection.Folder.Path);
        }
        yield return await MachineChecks.Engine();
        if (Isolation() is { } isolation)
        {
            yield return isolation;
        }
        if (address is null)
        {
            yield break;
        }

        MarketplaceClient? client = null;
        Check? wrong = null;
        try
        {
            client = _connection.MakeClient(address, secret);
        }
        catch (CommandException refused)
        {
            wrong = Failed("options", refused.Failure);
        }
        if (wrong is not null)
        {
            yield return wrong;
            yield break;
        }
        using (client)
        {
            await foreach (var check in Service(client!, secret is not null))
            {
                yield return check;
            }
        }
    }

    private async IAsyncEnumerable<Check> Service(MarketplaceClient client, bool hasKey)
    {
        var (health, failure) = await Ask(client.Health.Ready);
        if (health is null)
        {
            yield return Failed("service", failure!);
            yield break;
        }
        yield return health.Status == "ready"
            ? new Check("service", true, $"{health.Status} at {client.Url}")
            : new Check(
                "service",
                false,
                $"{health.Status}{(health.Reason is null ? "" : ": " + health.Reason)}",
                "Wait if it is starting or stopping; else read the log of the silo. In a cluster, another silo may serve: --url URL."
            );
        yield return Version(health.Version);
        if ((await Ask(client.Health.Clock)).Answer is { } time)
        {
            yield return MachineChecks.Clock(time, run.Surroundings.Clock.GetUtcNow());
        }
        if (client.Url.Scheme == Uri.UriSchemeHttps && run.Surroundings.Network is null)
        {
            yield return await MachineChecks.Certificate(client.Url, run.Surroundings.Clock, run.Cancellation);
        }

        var (info, hidden) = await Ask(client.Market.Info);
        yield return info is null ? Failed("market", hidden!) : new Check("market", true, Market(info));
        if (!hasKey)
        {
            yield break;
        }
        if (info?.Chain is not null)
        {
            var (settlement, silent) = await Ask(client.Settlement.Get);
            yield return settlement is null ? Failed("chain", silent!) : Chain(settlement);
        }

        var (account, refused) = await Ask(client.Account.Get);
        yield return account is null
            ? Failed("account", refused!)
            : new Check(
                "account",
                !account.Available.IsZero,
                $"{account.Id}, {Table.Show(account.Available)} available",
                account.Available.IsZero ? "Jobs need credit: use an account that has some." : null
            );
        if (account is null)
        {
            yield break;
        }

        var (market, unknown) = await Ask(client.Market.Get);
        yield return market is null ? Failed("workers", unknown!) : Workers(market);

        var (books, closed) = await Ask(client.Books.Get);
        if (books is not null || closed!.Kind != Forbidden)
        {
            yield return books is null ? Failed("books", closed!) : Money(books);
        }
    }

    /// <summary>As the commands that verify take it: --market and --chain.</summary>
    private static string Market(MarketInfo info) =>
        info.Chain is { } chain ? $"{info.Market}, settles on chain {chain.ChainId}:{chain.Contract}" : info.Market;

    /// <summary>Of the whole marketplace, as the silo has last checked it.</summary>
    private static Check Money(CheckedBooks books) =>
        books switch
        {
            { State: BooksState.Unchecked } => new Check("books", true, "not checked yet since the service started"),
            { State: BooksState.Failed } => new Check(
                "books",
                false,
                $"could not be checked: {books.Reason}",
                "Read the log of the silo, and check its files with 'market store check'."
            ),
            { State: BooksState.Broken, Violations: [var first, ..] } => new Check(
                "books",
                false,
                first + (books.Violations.Count > 1 ? $"; {books.Violations.Count} violations in all or more" : ""),
                "Stop paying out, keep a copy of the data, and report this with the log of the silo."
            ),
            _ => new Check(
                "books",
                books.State == BooksState.Sound,
                $"{books.Accounts} accounts add up: {Table.Show(books.Sums?.Credited)} credited, "
                    + $"{Table.Show(books.Sums?.Withdrawn)} withdrawn"
                    + (books.Sums?.Claimable is { } claimable ? $", {Table.Show(claimable)} to be claimed on the chain" : "")
            ),
        };

    private static Check Chain(MarketSettlement settlement) =>
        settlement.Trouble is { } trouble
            ? new Check("chain", false, trouble, "Check --chain-rpc of the silo and the balance of its key; jobs go on meanwhile.")
            : new Check(
                "chain",
                true,
                $"counted up to block {Table.Show(settlement.Counted)} of {Table.Show(settlement.Head)}, {Table.Show(settlement.Settled)} "
                    + "settlements"
            );

    private static Check Workers(MarketStatus market) =>
        market.Workers > 0
            ? new Check(
                "workers",
                true,
                $"{market.Workers} with {market.Slots} slots, from {Table.Show(market.LowestPricePerMillionFuel)} per million fuel; "
                    + $"{market.QueuedJobs} jobs wait, {market.RunningJobs} run"
            )
            : new Check(
                "workers",
                false,
                "none",
                "Jobs wait until one comes. A silo on 127.0.0.1 has one inside unless told otherwise, one on another address with "
                    + "--worker true; read its log."
            );

    private static Check Version(string full)
    {
        // Behind a plus stands which build it is.
        var service = full.Split('+')[0];
        var own = typeof(Doctor).Assembly.GetName().Version!;
        var same =
            System.Version.TryParse(service.Split('-')[0], out var version) && version.Major == own.Major && version.Minor == own.Minor;
        return same
            ? new Check("version", true, service)
            : new Check(
                "version",
                false,
                $"the service has {service}, this command {own.ToString(3)}",
                "Use the command that belongs to the service's version."
            );
    }

    /// <summary>Of the silo of this folder; null where it has no worker inside.</summary>
    private Check? Isolation()
    {
        var wrong = Try(_connection.Folder.FindIsolation, out var isolation);
        return wrong is not null ? Failed("isolation", wrong)
            : isolation is null ? null
            : new Check("isolation", true, $"the worker inside runs programs with isolation {isolation}");
    }

    private string Source(bool given, string options, string file) => given ? options : Path.Combine(_connection.Folder.Path, file);

    /// <summary>The public half of a key: the secret is never shown.</summary>
    private static string KeyId(string key) => key.IndexOf('_') is > 0 and var end ? key[..end] : "a key of unknown form";

    private async Task<(T? Answer, Failure? Failure)> Ask<T>(Func<CancellationToken, Task<T>> question)
    {
        try
        {
            return (await question(run.Cancellation), null);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            return (default, Failure.Of(failed));
        }
    }

    private static Failure? Try<T>(Func<T?> find, out T? found)
        where T : class
    {
        found = null;
        try
        {
            found = find();
            return null;
        }
        catch (Exception failed)
        {
            return Failure.Of(failed);
        }
    }

    private static Check Failed(string name, Failure failure) => new(name, false, failure.Detail, failure.Advice);
}
