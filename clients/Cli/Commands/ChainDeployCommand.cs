using System.CommandLine;
using System.Numerics;
using System.Text;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Storage;

namespace Marketplace.Cli.Commands;

/// <summary><c>market chain deploy</c>: makes the contracts of a market.</summary>
internal sealed class ChainDeployCommand
{
    private const string MarketKeyFile = "market.key";
    private const string ATime = "whole seconds, such as 90s, 10m or 168h";

    /// <summary>Gas of the escrow, where its token is not there yet to try it with: about a tenth more than it takes.</summary>
    private const ulong EscrowGasUsual = 10_500_000;

    /// <summary>Of the development token, about a tenth more than it takes.</summary>
    private const ulong TokenGasUsual = 1_000_000;

    private const int TokenDecimals = 6;

    private readonly ChainOptions _chain = new();
    private readonly Option<Bytes32?> _market = Values.Option<Bytes32>(
        "--market",
        "KEY",
        $"The market's public key [that of {MarketKeyFile} in the data folder, which is made where there is none]",
        "64 hexadecimal digits",
        static (text, out value) => Bytes32.TryParse(text, out value)
    );
    private readonly Option<EvmAddress?> _token = ChainOptions.Address("--token", "The ERC-20 token in which the market pays");
    private readonly Option<bool> _development = Values.Switch(
        "--development-token",
        "Make a token of which all take what they want, for tests"
    );
    private readonly Option<TimeSpan?> _epochLength = Time("--epoch-length", "How long the committee of an epoch serves [1h]");
    private readonly Option<TimeSpan?> _unbonding = Time("--unbonding", "How long a stake that was taken back can be slashed [168h]");
    private readonly Option<TimeSpan?> _withdrawalDelay = Time("--withdrawal-delay", "How long a withdrawal waits at least [0s]");
    private readonly Option<TimeSpan?> _exitDelay = Time("--exit-delay", "After how long without a settlement all may leave [168h]");
    private readonly Option<TokenAmount?> _stakeMin = Values.Option<TokenAmount>(
        "--stake-min",
        "N",
        "The least stake of a member, in base units; a first deposit is a thousandth at least [1000000000]",
        "a whole number of base units",
        Values.TryAmount
    );
    private readonly Option<long?> _committeeMin = Values.Option<long>(
        "--committee-min",
        "N",
        "The fewest members of a committee that can settle [3]",
        "a whole number",
        Values.TryCount
    );
    private readonly Option<bool> _yes = Values.Switch("--yes", "Do not ask whether to pay for it");

    public static Command Make(CommandSet set)
    {
        var deploy = new ChainDeployCommand();
        return set.Leaf(
            "deploy",
            """
            Make a market's contracts on a chain, for ever, and print the silo's options. The key pays, and is the operator
            who settles. The terms cannot be changed later.

            Example:
              market chain deploy --rpc http://127.0.0.1:8545 --chain-key operator.json --development-token --data ./data
            """,
            deploy.Run,
            deploy._chain.Rpc,
            deploy._chain.KeyFile,
            deploy._chain.PassphraseFile,
            deploy._market,
            deploy._token,
            deploy._development,
            deploy._epochLength,
            deploy._unbonding,
            deploy._withdrawalDelay,
            deploy._exitDelay,
            deploy._stakeMin,
            deploy._committeeMin,
            deploy._yes
        );
    }

    private async Task<int> Run(Invocation run)
    {
        var given = run.Get(_token);
        if (given is null != run.Get(_development))
        {
            throw CommandException.Usage(
                "One of --token and --development-token is needed, and not both.",
                "A market of real money names its token; --development-token is for tests."
            );
        }
        if (!run.Get(_yes) && (run.Json || !run.Surroundings.InputIsTerminal))
        {
            throw CommandException.Usage("Contracts cost coins, and here nobody can be asked.", "--yes pays without a question.");
        }
        var terms = Terms(run);
        using var key = _chain.OpenKey(run);
        using var access = await _chain.Open(run);
        var wallet = access.Wallet(key);
        var market = Market(run);
        var escrow = ContractBuild.Escrow;
        byte[] Creation(EvmAddress token) => escrow.CreationOf(token, market.ToArray(), wallet.Address, terms.ToAbi());

        await RequireConsent(run, access, wallet.Address, market, given is { } known ? Creation(known) : null);
        var token = given ?? await DeployToken(wallet, run.Cancellation);
        var made = await wallet.Deploy(Creation(token), escrow.Abi, run.Cancellation);
        // Reads the code, and refuses another than this build's.
        var chain = await access.Market(made).ReadTerms(run.Cancellation);
        await Answer(run, access, chain, wallet.Address);
        return ExitCodes.Ok;
    }

    private ChainContractTerms Terms(Invocation run)
    {
        var usual = new ChainContractTerms { StakeMin = new TokenAmount(1_000_000_000) };
        return usual with
        {
            EpochLength = run.Get(_epochLength) ?? usual.EpochLength,
            UnbondingDelay = run.Get(_unbonding) ?? usual.UnbondingDelay,
            WithdrawalDelay = run.Get(_withdrawalDelay) ?? usual.WithdrawalDelay,
            ExitDelay = run.Get(_exitDelay) ?? usual.ExitDelay,
            StakeMin = run.Get(_stakeMin) ?? usual.StakeMin,
            CommitteeMin = (ulong)(run.Get(_committeeMin) ?? (long)usual.CommitteeMin),
        };
    }

    /// <summary>The first start of a silo with this data folder takes the key up.</summary>
    private Bytes32 Market(Invocation run)
    {
        if (run.Get(_market) is { } typed)
        {
            return typed;
        }
        if (File.Exists(Path.Combine(run.DataPath, DataFolder.KeyFile)))
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.LocalFile,
                    "data_cannot_be_used",
                    $"The market of {run.DataPath} has begun, and keeps to where it settles: its silo would refuse other contracts.",
                    "Name a folder without a market with --data, or a market with --market."
                )
            );
        }
        OwnerFiles.In(run.DataPath);
        var path = Path.Combine(run.DataPath, MarketKeyFile);
        using var key = File.Exists(path) ? KeyFile.Open(path) : KeyFile.Create(path);
        return key.PublicKey;
    }

    private async Task RequireConsent(Invocation run, ChainAccess access, EvmAddress payer, Bytes32 market, byte[]? creation)
    {
        var at = await access.Head(run.Cancellation);
        var gas = creation is null ? TokenGasUsual + EscrowGasUsual : await Gas(access, payer, creation, at, run.Cancellation);
        var fee = await access.Market(default).ReadFee(run.Cancellation);
        var cost = (BigInteger)fee.Most * (gas + (gas / 4));
        var has = await access.Rpc.GetBalance(payer, at, run.Cancellation);
        if (has < cost)
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.Refused,
                    "coins_missing",
                    $"The contracts cost at most {ChainAccess.Coins(cost)} coins of chain {access.ChainId}; {payer} has "
                        + $"{ChainAccess.Coins(has)}.",
                    $"Send it some; on a development chain: market chain fund {payer}."
                )
            );
        }
        if (run.Get(_yes))
        {
            return;
        }
        run.Surroundings.Error.Write(
            $"Make the contracts of market {market} on chain {access.ChainId}, by {payer}, for at most "
                + $"{ChainAccess.Coins(cost)} coins? [y/N] "
        );
        using var reader = new StreamReader(run.Surroundings.Input, Encoding.UTF8, leaveOpen: true);
        if ((await reader.ReadLineAsync(run.Cancellation))?.Trim() is not ("y" or "Y" or "yes"))
        {
            throw new CommandException(new Failure(ExitCodes.Interrupted, "interrupted", "Nothing was made.", "'y' says yes."));
        }
    }

    private static async Task<ulong> Gas(ChainAccess access, EvmAddress from, byte[] creation, BlockId at, CancellationToken cancellation)
    {
        try
        {
            return await access.Rpc.EstimateGas(
                new EvmCall
                {
                    To = null,
                    From = from,
                    Data = creation,
                },
                at,
                cancellation
            );
        }
        catch (EvmRevertException refused)
        {
            throw new ChainException($"The contract refuses: {ContractBuild.Escrow.Abi.DecodeRevert(refused.RevertData.Span)}", refused);
        }
    }

    private static Task<EvmAddress> DeployToken(EvmWallet wallet, CancellationToken cancellation)
    {
        var token = ContractBuild.DevelopmentToken;
        return wallet.Deploy(token.CreationOf("Development token", "DEV", new BigInteger(TokenDecimals)), token.Abi, cancellation);
    }

    private async Task Answer(Invocation run, ChainAccess access, ChainTerms terms, EvmAddress operatorAddress)
    {
        if (run.Json)
        {
            await run.AnswerObject(writer =>
            {
                writer.WriteNumber("chainId", terms.ChainId);
                writer.WriteString("escrow", terms.Escrow.ToString());
                writer.WriteString("registry", terms.Registry.ToString());
                writer.WriteString("token", terms.Token.ToString());
                writer.WriteString("market", terms.Market.ToString());
                writer.WriteString("operator", operatorAddress.ToString());
            });
            return;
        }
        using var text = new StringWriter { NewLine = "\n" };
        Table.WriteFields(
            text,
            ("chain", terms.ChainId),
            ("escrow", terms.Escrow),
            ("registry", terms.Registry),
            ("token", $"{terms.Token} ({terms.Symbol}, {terms.Decimals} decimals)"),
            ("market", terms.Market),
            ("operator", operatorAddress)
        );
        await run.Text(text.ToString());
        var node = access.HasPlainAddress ? $"--chain-rpc {access.Node} " : "";
        await run.Text($"--chain evm {node}--chain-id {terms.ChainId} --escrow {terms.Escrow} --chain-key {run.Get(_chain.KeyFile)}\n");
        run.Note(
            "The last line has the silo's options; the passphrase comes from MARKET_CHAIN_PASSPHRASE or --chain-passphrase-file."
                + (access.HasPlainAddress ? "" : " MARKET_CHAIN_RPC takes the node's URL, so that no list of processes shows its key.")
                + (run.Has(_market) ? "" : $" Its data folder is {run.DataPath}, which has the market's key.")
        );
    }

    private static Option<TimeSpan?> Time(string name, string description) =>
        Values.Option<TimeSpan>(name, "TIME", description, ATime, TrySeconds);

    /// <summary>No wait at all is one, too; the contracts say which is too short.</summary>
    private static bool TrySeconds(string text, out TimeSpan value)
    {
        if (text is "0" or "0s")
        {
            value = TimeSpan.Zero;
            return true;
        }
        return Values.TryDuration(text, out value) && value.Ticks % TimeSpan.TicksPerSecond == 0;
    }
}
