using System.Text;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>
/// The first start credits the local account, unless the market's money comes in as deposits on a chain, and leaves its API key in the
/// data folder. Each step can be repeated: a start that was cut short is finished by the next one. Of silos that share a store only one
/// has that account: the first one names it in a document, and the others just serve. Wakes the market, so that open jobs are queued again
/// without a request.
/// </summary>
internal sealed partial class FirstStart(
    IGrainFactory grains,
    IDocumentStore documents,
    SiloFolder folder,
    SiloOptions options,
    MarketShards shards,
    AccountTerms terms,
    ILogger<FirstStart> log
) : IHostedService, IStartPart
{
    private const string CreditOperation = "first start";

    /// <summary>Holds the text of the account's id.</summary>
    internal static readonly DocumentKey Operator = new("silo", "operator");

    public Task Started { get; private set; } = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellation)
    {
        Started = Task.Run(Start, cancellation);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;

    private async Task Start()
    {
        if (await FindOwnAccount() is { } own)
        {
            await OpenAccount(own);
        }
        await Task.WhenAll(shards.All(grains).Select(market => market.GetView()));
    }

    /// <returns>The account whose key is here; null where another silo has it.</returns>
    private async Task<AccountId?> FindOwnAccount()
    {
        var made = !folder.Has(SiloFolder.AccountKey);
        if (made && await ReadOperator() is { } before)
        {
            LogServes(before);
            return null;
        }
        // The key is on disk before its account is named: once an account is named without its key, no silo could open it.
        using var key = folder.KeyPair(SiloFolder.AccountKey);
        var own = new AccountId(key.PublicKey);
        var named = await ReadOperator() ?? await Name(own);
        if (named == own)
        {
            return own;
        }
        if (made)
        {
            folder.Delete(SiloFolder.AccountKey);
        }
        LogServes(named);
        return null;
    }

    private async Task OpenAccount(AccountId id)
    {
        if (folder.Has(SiloFolder.ApiKey))
        {
            return;
        }
        var account = grains.GetGrain<IAccountGrain>(id.ToString());
        if (!terms.SettlesOnChain)
        {
            await account.Credit(CreditOperation, TokenAmount.Parse(options.InitialCredit), at: null, Authority.Silo);
        }
        var created = await account.CreateKey(
            new GrainInterfaces.KeyRequest("local", Scopes.Read | Scopes.Submit | Scopes.Deploy | Scopes.Transfer | Scopes.Admin, null),
            caller: null,
            Authority.Silo
        );
        folder.Write(SiloFolder.ApiKey, created.Key);
    }

    private async Task<AccountId?> ReadOperator() =>
        await documents.Read(Operator) is { } named ? AccountId.Parse(Encoding.UTF8.GetString(named.Content.Span)) : null;

    private async Task<AccountId> Name(AccountId own)
    {
        try
        {
            await documents.Write(Operator, 0, Encoding.UTF8.GetBytes(own.ToString()));
            return own;
        }
        catch (VersionConflictException)
        {
            // Another silo that starts at this moment was first.
            return await ReadOperator()
                ?? throw new InvalidOperationException("This is a bug in the silo: the document that was in the way is not there.");
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "This silo serves; the key of the market's first account {Account} is in another silo's data folder"
    )]
    private partial void LogServes(AccountId account);
}
