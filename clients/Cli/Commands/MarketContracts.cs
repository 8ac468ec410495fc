using System.CommandLine;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Cli.Commands;

/// <summary>What commands take that speak with a market's contracts.</summary>
internal sealed class ContractOptions
{
    public ChainOptions Chain { get; } = new();

    public Option<EvmAddress?> Escrow { get; } =
        ChainOptions.Address("--escrow", "The market's escrow; with it the market is not asked [that which the market names]");

    public Option<string?> File { get; } =
        Values.Text("--settlement", "FILE", "The file of the last settlement, where the market cannot be asked for it");

    /// <summary>Whether the market is asked even where the escrow is named: both must say the same then.</summary>
    public bool AsksMarket { get; init; }

    public static Argument<TypedMoney> Amount(string description) =>
        Values.Argument<TypedMoney>("AMOUNT", description, TypedMoney.Expected, TypedMoney.TryParse);
}

/// <summary>A market's contracts, as one command uses them: those that the market names, or that are named by their address.</summary>
internal sealed class MarketContracts : IDisposable
{
    private static readonly TimeSpan AskPeriod = TimeSpan.FromSeconds(1);

    private readonly Invocation _run;
    private readonly ChainAccess _access;
    private readonly Secp256k1PrivateKey _key;
    private readonly ContractOptions _options;
    private readonly EvmMarketChain _chain;

    private MarketContracts(Invocation run, ContractOptions options, ChainAccess access, Secp256k1PrivateKey key, ChainTerms terms)
    {
        (_run, _options, _access, _key, Terms) = (run, options, access, key, terms);
        _chain = access.Market(terms.Escrow);
        Wallet = new EvmMarketWallet(access.Rpc, terms, access.Wallet(key));
    }

    public ChainTerms Terms { get; }

    public EvmMarketWallet Wallet { get; }

    /// <summary>Whether the market itself has named the contracts, and can be asked.</summary>
    public bool HasMarket => _run.Get(_options.Escrow) is null;

    public static async Task<MarketContracts> Open(Invocation run, ContractOptions options)
    {
        var named = run.Get(options.Escrow);
        var market = named is null || options.AsksMarket ? (await run.Client.Settlement.Get(run.Cancellation)).Chain : null;
        if (market is not null && named is { } typed && market.Contract != $"{typed}")
        {
            throw CommandException.Usage(
                $"--escrow is {typed}; the market names {market.Contract}.",
                "Ask who runs the market which one is its own: nothing was sent."
            );
        }
        var key = options.Chain.OpenKey(run);
        ChainAccess? access = null;
        try
        {
            access = await options.Chain.Open(run);
            if (market is not null && market.ChainId != $"{access.ChainId}")
            {
                throw CommandException.Usage(
                    $"The node {access.Node} follows chain {access.ChainId}; the market settles on chain {market.ChainId}.",
                    "Name a node of that chain with --rpc."
                );
            }
            // Reads the code, and refuses another than this build's.
            var terms = await access.Market(named ?? EvmAddress.Parse(market!.Contract)).ReadTerms(run.Cancellation);
            return new MarketContracts(run, options, access, key, terms);
        }
        catch
        {
            access?.Dispose();
            key.Dispose();
            throw;
        }
    }

    /// <exception cref="CommandException">It is of another token, or nothing.</exception>
    public TokenAmount AmountOf(TypedMoney typed)
    {
        var amount = typed.Of(Terms.Symbol, Terms.Decimals);
        return amount.IsZero ? throw CommandException.Usage($"'{typed.Typed}' is nothing.", "Give more than 0.") : amount;
    }

    public Money Show(TokenAmount amount) => new(amount, Terms.Symbol, Terms.Decimals);

    /// <summary>Said before anything is bound or sent.</summary>
    /// <exception cref="CommandException">The key's address has less.</exception>
    public async Task RequireTokens(TokenAmount amount)
    {
        var has = await Erc20Token.Of(_access.Rpc, Terms).BalanceOf(Wallet.Address, _run.Cancellation);
        if (has < amount)
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.Refused,
                    "tokens_missing",
                    $"{Wallet.Address} has {Show(has)}; {Show(amount)} are needed.",
                    "'market chain balance' shows what an address has."
                )
            );
        }
    }

    public async Task<ChainBooks> ReadBooks() => await _chain.ReadBooks(await _chain.ReadHead(_run.Cancellation), _run.Cancellation);

    /// <summary>
    /// Has the key's address stand for the account whose key file is in the data folder, unless it does already. That is for ever, so an
    /// address that has no coins, which is a mistaken one, is refused first.
    /// </summary>
    /// <param name="keyFile">As typed; null: that of the data folder.</param>
    /// <exception cref="CommandException">Another address stands for the account: what is sent there may be out of reach.</exception>
    public async Task Bind(string? keyFile)
    {
        if ((await _run.Client.Account.GetChain(_run.Cancellation)).Owner is { } bound)
        {
            if (bound != Wallet.Address)
            {
                throw new CommandException(
                    new Failure(
                        ExitCodes.Refused,
                        "other_address",
                        $"{bound} stands for the account, for ever; the key's address is {Wallet.Address}.",
                        "Give the key of that address with --chain-key, or the data folder of another account with --data."
                    )
                );
            }
            return;
        }
        var coins = await _access.Rpc.GetBalance(Wallet.Address, await _access.Head(_run.Cancellation), _run.Cancellation);
        if (coins.IsZero)
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.Refused,
                    "coins_missing",
                    $"{Wallet.Address} has no coins of chain {Terms.ChainId}, with which transactions are paid.",
                    $"Send it some; on a development chain: market chain fund {Wallet.Address}."
                )
            );
        }
        var path = keyFile is { Length: > 0 } typed ? _run.Path(typed) : AccountKeyFile.Find(_run.DataPath);
        using var own = KeyFile.Open(path, _run.Surroundings.Environment(KeyFile.PassphraseVariable));
        var (domain, account) = (new MarketDomain(Terms.Market, Terms.ChainId, Terms.Escrow), new AccountId(own.PublicKey));
        if (await _run.Client.Account.Get(_run.Cancellation) is var asked && asked.Id != account)
        {
            throw CommandException.Usage(
                $"{path} is the key of account {account}; the API key is of account {asked.Id}.",
                "Name the account's own key file with --account-key."
            );
        }
        var byAccount = own.Sign(AccountOwner.Digest(domain, account, Wallet.Address).ToArray());
        var byOwner = AccountOwner.Sign(domain, account, _key);
        await _run.Client.Account.SetChain(Wallet.Address, byAccount, byOwner, _run.Cancellation);
        _run.Note($"From now on {Wallet.Address} stands for account {account} on the chain, for ever.");
    }

    /// <summary>What the last settlement says of an account, and the way to its root; null: it does not name it.</summary>
    public async Task<(AccountTotals Totals, IReadOnlyList<MerkleStep> Path)?> Find(Settlement last, EvmAddress owner)
    {
        var path = _run.Get(_options.File) is { Length: > 0 } typed ? _run.Path(typed) : null;
        var file = path is null
            ? await _run.Client.Settlement.GetFile(last.Number, _run.Cancellation)
            : await Read(path, _run.Cancellation);
        // Rows that are not those of the root could hide what is owed.
        return file.Settlement == last && SettlementChecks.Of(file).All(check => check.Result != CheckResult.Broken)
            ? file.Find(owner)
            : throw new CommandException(
                new Failure(
                    ExitCodes.Damaged,
                    "settlement_differs",
                    $"{path ?? "What the market gave"} is settlement {file.Settlement.Number} with the root "
                        + $"{file.Settlement.Accounts}; the escrow has settlement {last.Number} with {last.Accounts}.",
                    "Name the file of the last settlement with --settlement."
                )
            );
    }

    /// <summary>Waits until there is no reason to.</summary>
    /// <param name="reason">Why it waits, in words that change only where the reason does; null: it does not.</param>
    public async Task Until(Func<Task<string?>> reason)
    {
        using var line = new StatusLine(_run.Surroundings);
        var said = "";
        while (await reason() is { } waits)
        {
            if (waits != said && !_run.Surroundings.ErrorIsTerminal)
            {
                _run.Note(waits);
            }
            said = waits;
            line.Show(waits);
            await Task.Delay(AskPeriod, _run.Surroundings.Clock, _run.Cancellation);
        }
    }

    public void Dispose()
    {
        _access.Dispose();
        _key.Dispose();
    }

    private static async Task<SettlementFile> Read(string path, CancellationToken cancellation)
    {
        if (new FileInfo(path).Length > SettlementFile.BytesMax)
        {
            throw Malformed(path, $"It has more than {SettlementFile.BytesMax} bytes.");
        }
        try
        {
            return SettlementFile.Parse(await System.IO.File.ReadAllBytesAsync(path, cancellation));
        }
        catch (ReceiptFormatException malformed)
        {
            throw Malformed(path, malformed.Message);
        }
    }

    private static CommandException Malformed(string path, string why) =>
        new(
            new Failure(
                ExitCodes.Damaged,
                "not_a_settlement",
                $"{path} is no settlement: {why}",
                "'market settlement get' writes the file of one."
            )
        );
}

/// <summary>The file with an account's own key: the account's, or a worker's, whose key is its account's.</summary>
internal static class AccountKeyFile
{
    private static readonly string[] Names = ["account.key", "worker.key"];

    public static string Find(string folder) =>
        Names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw CommandException.Usage(
            $"{folder} has neither account.key nor worker.key: the account's own key signs which address stands for it.",
            "Name its key file with --account-key."
        );
}
