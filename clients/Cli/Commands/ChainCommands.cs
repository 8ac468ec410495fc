using System.CommandLine;
using System.Numerics;
using System.Security.Cryptography;
using Marketplace.Chain;
using Marketplace.Crypto;

namespace Marketplace.Cli.Commands;

/// <summary><c>market chain</c>: the chain on which a market settles, and its contracts there.</summary>
internal static class ChainCommands
{
    /// <summary>Test coins, unless others are asked for.</summary>
    private const long CoinsUsual = 100;

    public static Command Make(CommandSet set) =>
        CommandSet.Group(
            "chain",
            "Make and look at the contracts by which a market settles on an EVM chain; run a development chain.",
            ChainStartCommand.Make(set),
            ChainDeployCommand.Make(set),
            Show(set),
            Balance(set),
            Fund(set),
            CommandSet.Group("key", "Keys of a chain, in the files that wallets of Ethereum read.", NewKey(set), ShowKey(set))
        );

    private static Command Show(CommandSet set)
    {
        var chain = new ChainOptions();
        var escrow = ChainOptions.Address("--escrow", "The market's escrow");
        return set.Leaf(
            "show",
            """
            Show the terms of a market's contracts, and how far its settlements are. The contracts' code is checked.

            Example:
              market chain show --rpc http://127.0.0.1:8545 --escrow 0x5fbdb2315678afecb367f032d93f642f64180aa3
            """,
            async run =>
            {
                var address = run.Get(escrow) ?? throw NotGiven("--escrow", "'market chain deploy' prints it.");
                using var access = await chain.Open(run);
                var market = access.Market(address);
                var terms = await market.ReadTerms(run.Cancellation);
                var head = await market.ReadHead(run.Cancellation);
                await Show(run, terms, head, await market.ReadBooks(head, run.Cancellation));
                return ExitCodes.Ok;
            },
            chain.Rpc,
            escrow
        );
    }

    private static Task Show(Invocation run, ChainTerms terms, ChainBlock head, ChainBooks books)
    {
        (string Name, object? Value)[] fields =
        [
            ("chain", terms.ChainId),
            ("head", head.Number),
            ("escrow", terms.Escrow),
            ("created in block", terms.CreatedIn),
            ("registry", terms.Registry),
            ("token", terms.Token),
            ("symbol", terms.Symbol),
            ("decimals", (ulong)terms.Decimals),
            ("market", terms.Market),
            ("operator", books.Operator),
            ("epoch seconds", (ulong)terms.EpochLength.TotalSeconds),
            ("epoch", terms.EpochAt(head.Time)),
            ("committee min", terms.CommitteeMin),
            ("exit delay seconds", (ulong)terms.ExitDelay.TotalSeconds),
            ("settlements", books.Last?.Number ?? 0),
            ("compensated", new Money(books.Compensated, terms.Symbol, terms.Decimals)),
            ("closed", books.IsClosed),
        ];
        return run.AnswerFields(fields);
    }

    private static Command Balance(CommandSet set)
    {
        var chain = new ChainOptions();
        var address = Values.Argument<EvmAddress>("ADDRESS", "Whose", ChainOptions.AnAddress, EvmAddresses.TryParseChecked);
        var token = ChainOptions.Address("--token", "An ERC-20 token [the market's]");
        return set.Leaf(
            "balance",
            """
            Show what an address has on the chain: coins, which pay for transactions, and tokens.

            Example:
              market chain balance 0x90f8bf6a479f320ead074411a4b0e7944ea8c9c1
            """,
            async run =>
            {
                var (who, of) = (run.Get(address), run.Get(token) ?? await TokenOfMarket(run));
                using var access = await chain.Open(run);
                var known = await Erc20Token.Read(access.Rpc, of, run.Cancellation);
                var tokens = await known.BalanceOf(who, run.Cancellation);
                var coins = await access.Rpc.GetBalance(who, await access.Head(run.Cancellation), run.Cancellation);
                await run.AnswerFields([
                    ("address", who),
                    ("coins", ChainAccess.Coins(coins)),
                    ("tokens", new Money(tokens, known.Symbol, known.Decimals)),
                    ("token", known.Address),
                ]);
                return ExitCodes.Ok;
            },
            address,
            chain.Rpc,
            token
        );
    }

    private static async Task<EvmAddress> TokenOfMarket(Invocation run) =>
        (await run.Client.Settlement.Get(run.Cancellation)).Token?.Address
        ?? throw NotGiven("--token", "The market has not heard from its chain yet; 'market chain deploy' printed it.");

    private static Command Fund(CommandSet set)
    {
        var chain = new ChainOptions();
        var address = Values.Argument<EvmAddress>("ADDRESS", "Who gets them", ChainOptions.AnAddress, EvmAddresses.TryParseChecked);
        var token = ChainOptions.Address("--token", "With --tokens: whose [the market's, a development token]");
        var coins = Values.Option<long>("--coins", "N", $"Coins that it gets [{CoinsUsual}]", "a whole number", Values.TryCount);
        var tokens = Values.Option<TokenAmount>(
            "--tokens",
            "N",
            "Tokens that it gets beside them, in base units [1000000000000 with --token, else none]",
            "a whole number of base units",
            Values.TryAmount
        );
        return set.Leaf(
            "fund",
            """
            Give an address coins of a development chain, and of its development token.

            Example:
              market chain fund 0x90f8bf6a479f320ead074411a4b0e7944ea8c9c1 --coins 10
            """,
            async run =>
            {
                var (who, of, given) = (run.Get(address), run.Get(token), run.Get(coins) ?? CoinsUsual);
                if (of is null && run.Has(tokens))
                {
                    of = await TokenOfMarket(run);
                }
                using var access = await chain.Open(run);
                await access.Give(who, given * BigInteger.Pow(10, 18), run.Cancellation);
                if (of is { } contract)
                {
                    await Mint(access, contract, who, run.Get(tokens) ?? new TokenAmount(1_000_000_000_000), run.Cancellation);
                }
                await run.AnswerDone("funded", who.ToString());
                return ExitCodes.Ok;
            },
            address,
            chain.Rpc,
            coins,
            token,
            tokens
        );
    }

    /// <summary>All may mint, so a key for this once does it.</summary>
    private static async Task Mint(ChainAccess access, EvmAddress token, EvmAddress who, TokenAmount amount, CancellationToken cancellation)
    {
        using var random = RandomNumberGenerator.Create();
        using var key = Secp256k1PrivateKey.Generate(random);
        var wallet = access.Wallet(key);
        await access.Give(wallet.Address, BigInteger.Pow(10, 18), cancellation);
        var data = TokenCalls.Mint(
            who,
            BigInteger.Parse(
                amount.ToString().Replace(",", "", StringComparison.Ordinal),
                System.Globalization.CultureInfo.InvariantCulture
            )
        );
        await wallet.Send(token, data, ContractBuild.DevelopmentToken.Abi, cancellation);
    }

    private static Command NewKey(CommandSet set)
    {
        var chain = new ChainOptions();
        var file = new Argument<string>("FILE") { Description = "The file to make" };
        return set.Leaf(
            "new",
            """
            Make a key in a Web3 key store and print its address. It is encrypted with the passphrase: keep both.

            Example:
              market chain key new operator.json --passphrase-file operator.passphrase
            """,
            async run =>
            {
                var path = run.Path(run.Get(file));
                using var random = RandomNumberGenerator.Create();
                using var key = Secp256k1PrivateKey.Generate(random);
                KeyStoreFile.Create(path, chain.Passphrase(run), key);
                var address = EvmAddresses.Of(key.PublicKey).ToCheckedText();
                await (run.Json ? run.AnswerObject(writer => writer.WriteString("address", address)) : run.Text($"{address}\n"));
                return ExitCodes.Ok;
            },
            file,
            chain.PassphraseFile
        );
    }

    private static Command ShowKey(CommandSet set)
    {
        var file = new Argument<string>("FILE") { Description = "A Web3 key store" };
        var chain = new ChainOptions();
        return set.Leaf(
            "show",
            """
            Print the address of a key store's key. It takes the passphrase: what the file itself says of its address is not believed.

            Example:
              market chain key show operator.json --passphrase-file operator.passphrase
            """,
            async run =>
            {
                using var key = KeyStoreFile.Open(run.Path(run.Get(file)), chain.Passphrase(run));
                var address = EvmAddresses.Of(key.PublicKey).ToCheckedText();
                await (run.Json ? run.AnswerObject(writer => writer.WriteString("address", address)) : run.Text($"{address}\n"));
                return ExitCodes.Ok;
            },
            file,
            chain.PassphraseFile
        );
    }

    private static CommandException NotGiven(string option, string advice) => CommandException.Usage($"{option} is not given.", advice);
}
