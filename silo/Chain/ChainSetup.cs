using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Grains;
using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>What a silo has whose market settles on a chain, and what is checked at its start.</summary>
internal static partial class ChainSetup
{
    /// <summary>
    /// A start waits so long for the chain: nodes that are silent are given up one attempt after the other.
    /// </summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(30);

    public static void AddMarketplaceChain(this IServiceCollection services, SiloOptions options)
    {
        if (!options.SettlesOnChain)
        {
            return;
        }
        services.AddSingleton<ChainConnection>();
        services.AddSingleton(provider => provider.GetRequiredService<ChainConnection>().Chain);
        services.AddSingleton(provider => options.DomainOf(provider.GetRequiredService<MarketIdentity>().PublicKey));
        services.AddSingleton(new AccountTerms { SettlesOnChain = true });
        services.AddSingleton(options.Settlements);
    }

    /// <summary>
    /// The market must settle where it began to, and the contracts must be its own. A chain that does not answer ends the first start
    /// alone: later on it only delays settlements, and jobs go on without it.
    /// </summary>
    /// <exception cref="SiloOptionsException">Something is not as it must be; the message says what to do.</exception>
    public static async Task RequireChain(this IServiceProvider services)
    {
        var (documents, domain) = (services.GetRequiredService<IDocumentStore>(), services.GetRequiredService<MarketDomain>());
        var hasBegun = await ChainMark.Require(documents, domain);
        if (domain.Settles)
        {
            await RequireContracts(services, domain, hasBegun);
        }
        if (!hasBegun)
        {
            await ChainMark.Write(documents, domain);
        }
    }

    private static async Task RequireContracts(IServiceProvider services, MarketDomain domain, bool hasBegun)
    {
        var (connection, log) = (services.GetRequiredService<ChainConnection>(), services.GetRequiredService<ILogger<ChainConnection>>());
        using var late = new CancellationTokenSource(AnswerMax);
        try
        {
            await Task.WhenAll(connection.EachNode().Select(node => RequireChainOf(node, domain.ChainId, late.Token)));
            var terms = await connection.Chain.ReadTerms(late.Token);
            var books = await connection.Chain.ReadBooks(await connection.Chain.ReadHead(late.Token), late.Token);
            RequireOwn(terms, books, domain, connection.Operator);
            RequireCovered(terms, services.GetRequiredService<EpochTerms>());
            RequireKept(terms, services.GetRequiredService<JobKeeping>());
            LogSettles(log, terms.ChainId, terms.Escrow, terms.Symbol, terms.Decimals, connection.Operator);
            if (books.IsClosed)
            {
                LogClosed(log, terms.Escrow);
            }
        }
        catch (Exception silent) when (IsSilence(silent))
        {
            var why = late.IsCancellationRequested ? $"there was no answer within {AnswerMax.TotalSeconds} s." : silent.Message;
            if (!hasBegun)
            {
                throw new SiloOptionsException(
                    $"--chain-rpc: the chain cannot be asked: {why} The first start of a market needs it, to see that the contracts are "
                        + "the market's. Start the node, or name one that answers."
                );
            }
            LogSilent(log, why);
        }
        catch (ChainException wrong)
        {
            throw new SiloOptionsException(
                $"--escrow: {wrong.Message} Name the escrow that 'market chain deploy' of this version made for this market."
            );
        }
    }

    /// <summary>No usable answer came; what came instead says nothing about the contracts.</summary>
    private static bool IsSilence(Exception failure) =>
        failure is OperationCanceledException or RpcException
        || failure is ChainException { InnerException: RpcException { Fault: not RpcFault.Reverted } };

    /// <summary>A node that is silent may come back; one of another chain is a mistake.</summary>
    private static async Task RequireChainOf(IEvmRpc node, ulong chainId, CancellationToken cancellation)
    {
        try
        {
            await node.GetHead(HeadKind.Latest, cancellation);
        }
        catch (RpcException wrong) when (wrong.Fault == RpcFault.WrongChain)
        {
            throw new SiloOptionsException($"--chain-rpc: {wrong.Message} Name nodes of the chain {chainId}, or correct --chain-id.");
        }
        catch (RpcException)
        {
            // The others may be enough.
        }
    }

    private static void RequireOwn(ChainTerms terms, ChainBooks books, MarketDomain domain, EvmAddress own)
    {
        if (terms.Market != domain.Market)
        {
            throw new SiloOptionsException(
                $"--escrow: {terms.Escrow} was made for the market {terms.Market}; the key of this one is {domain.Market}. Name its own "
                    + $"escrow; 'market chain deploy --market {domain.Market}' makes one."
            );
        }
        if (books.Operator != own)
        {
            throw new SiloOptionsException(
                $"--chain-key: its address is {own}; the operator of the escrow, who alone may settle, is {books.Operator}. Give the key "
                    + "of that one, or let it hand over to this one (proposeOperator, acceptOperator)."
            );
        }
    }

    /// <summary>Else what a committee signs would be covered by its stakes for shorter than it serves (grains/RATIONALE.md).</summary>
    private static void RequireCovered(ChainTerms terms, EpochTerms epochs)
    {
        if (terms.UnbondingDelay < epochs.UnbondingMin)
        {
            throw new SiloOptionsException(
                $"--epoch and --epoch-shares: members of committees serve {epochs.Length}, and give shares for {epochs.Shares}; so "
                    + $"the unbonding delay of the escrow's registry must be {epochs.UnbondingMin} or more, and it is "
                    + $"{terms.UnbondingDelay}: who takes its stake back would sign when it can be slashed no more. Choose shorter times "
                    + "here, or make contracts with "
                    + $"'market chain deploy --unbonding {Math.Ceiling(epochs.UnbondingMin.TotalMinutes)}m'."
            );
        }
    }

    /// <summary>As long as a stake can be slashed, the receipt that tells why must be had.</summary>
    internal static void RequireKept(ChainTerms terms, JobKeeping keeping)
    {
        if (keeping.Keep < terms.UnbondingDelay)
        {
            throw new SiloOptionsException(
                $"--keep-jobs is {keeping.Days} days, and stakes of this escrow's registry can be slashed for {terms.UnbondingDelay} after "
                    + $"they were taken back. Keep jobs for {Math.Ceiling(terms.UnbondingDelay.TotalDays)} days or more, or with 0 for "
                    + "ever."
            );
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The market settles on chain {Chain} by the contract {Escrow} in {Symbol} ({Decimals} decimals), as {Operator}"
    )]
    private static partial void LogSettles(ILogger log, ulong chain, EvmAddress escrow, string symbol, byte decimals, EvmAddress @operator);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The escrow {Escrow} is closed: no settlement comes any more, accounts leave it")]
    private static partial void LogClosed(ILogger log, EvmAddress escrow);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The chain cannot be asked now: {Reason} The silo starts all the same; deposits and settlements wait for it"
    )]
    private static partial void LogSilent(ILogger log, string reason);
}
