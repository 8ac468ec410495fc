using System.CommandLine;
using Marketplace.Chain;
using Marketplace.Receipts;

namespace Marketplace.Cli.Commands;

/// <summary>
/// What an account's owner does on the chain: <c>market account deposit</c>, <c>withdraw</c>, <c>claim</c> and <c>exit</c>. All but the
/// first work without the market.
/// </summary>
internal static class AccountChainCommands
{
    private const string NoWait = "--no-wait";

    public static Command[] Make(CommandSet set) => [Deposit(set), Withdraw(set), Claim(set, "account"), Exit(set)];

    private static Command Deposit(CommandSet set)
    {
        var options = new ContractOptions { AsksMarket = true };
        var (amount, keyFile) = (ContractOptions.Amount("How much, more than 0"), KeyFileOption());
        var noWait = Values.Switch(NoWait, "Do not wait until the money can be spent");
        return set.Leaf(
            "deposit",
            """
            Deposit tokens in the market's escrow, for the account, and wait until the market has counted them. The first time,
            the key's address comes to stand for the account, for ever: what is not spent goes back there.

            Example:
              market account deposit 100DEV --chain-key owner.json
            """,
            async run =>
            {
                using var contracts = await MarketContracts.Open(run, options);
                var given = contracts.AmountOf(run.Get(amount));
                var owner = contracts.Wallet.Address;
                await contracts.RequireTokens(given);
                await contracts.Bind(run.Get(keyFile));
                var receipt = await contracts.Wallet.Deposit(owner, given, run.Cancellation);
                // First: whatever ends the wait, the deposit is made, and is not to be made again.
                await run.AnswerFields([
                    ("owner", owner),
                    ("deposited", contracts.Show(given)),
                    ("block", receipt.BlockNumber),
                    ("transaction", $"0x{receipt.TransactionHash}"),
                ]);
                if (!run.Get(noWait))
                {
                    run.Note("The deposit is made. Waiting until the money can be spent; Ctrl-C ends the wait alone.");
                    await contracts.Until(() => WhyNotCounted(run, receipt.BlockNumber));
                }
                return ExitCodes.Ok;
            },
            [amount, noWait, keyFile, options.Chain.Rpc, options.Chain.KeyFile, options.Chain.PassphraseFile, options.Escrow]
        );
    }

    private static async Task<string?> WhyNotCounted(Invocation run, ulong block)
    {
        var counted = (await run.Client.Settlement.Get(run.Cancellation)).Counted;
        var known = await run.Client.Account.GetChain(run.Cancellation);
        return counted < (long)block ? $"The market has not counted block {block} yet."
            : known.Deposited > known.Booked + known.Requested ? "The deposit is counted, and not in the books yet."
            : null;
    }

    private static Command Withdraw(CommandSet set)
    {
        var options = new ContractOptions();
        var amount = Values.OptionOf<TypedMoney>(
            "--amount",
            "AMOUNT",
            "Asks for so much of the deposits [goes on with what was asked for]",
            TypedMoney.Expected,
            TypedMoney.TryParse
        );
        var cancel = Values.Switch("--cancel", "End the request; the money goes back into the books");
        var part = Values.Switch("--part", "Take what is free, even where it is less, and end the request");
        var noWait = Values.Switch(NoWait, "Only ask for it; the command goes on with it later");
        return set.Leaf(
            "withdraw",
            """
            Take deposits back that were not spent: asks for them, waits for a settlement that has counted the request, and
            has them paid. A command that was interrupted goes on without --amount.

            Example:
              market account withdraw --amount 20DEV --chain-key owner.json
            """,
            async run =>
            {
                using var contracts = await MarketContracts.Open(run, options);
                var wallet = contracts.Wallet;
                if (run.Get(cancel))
                {
                    var cancelled = await wallet.CancelWithdrawal(run.Cancellation);
                    await run.AnswerFields([("owner", wallet.Address), ("transaction", $"0x{cancelled.TransactionHash}")]);
                    return ExitCodes.Ok;
                }
                var asked = await AskFor(run, contracts, run.Get(amount));
                if (run.Get(noWait))
                {
                    await run.AnswerFields([
                        ("owner", wallet.Address),
                        ("requested", contracts.Show(asked.Requested)),
                        ("block", asked.RequestedBlock),
                    ]);
                    return ExitCodes.Ok;
                }
                var (paid, receipt) = await Pay(run, contracts, asked, run.Get(part));
                await run.AnswerFields([
                    ("owner", wallet.Address),
                    ("withdrawn", contracts.Show(paid)),
                    ("block", receipt.BlockNumber),
                    ("transaction", $"0x{receipt.TransactionHash}"),
                ]);
                return ExitCodes.Ok;
            },
            [
                amount,
                part,
                cancel,
                noWait,
                options.Chain.Rpc,
                options.Chain.KeyFile,
                options.Chain.PassphraseFile,
                options.Escrow,
                options.File,
            ]
        );
    }

    private static async Task<EscrowAccount> AskFor(Invocation run, MarketContracts contracts, TypedMoney? typed)
    {
        var wallet = contracts.Wallet;
        var known = await wallet.ReadAccount(wallet.Address, run.Cancellation);
        if (typed is null)
        {
            return known.Requested.IsZero
                ? throw Refused(
                    "nothing_requested",
                    $"{wallet.Address} has asked for nothing.",
                    "--amount asks for a part of its deposits."
                )
                : known;
        }
        if (!known.Requested.IsZero)
        {
            throw Refused(
                "request_open",
                $"{wallet.Address} has asked for {contracts.Show(known.Requested)} already.",
                "Without --amount the command goes on with it; --cancel ends it."
            );
        }
        var (amount, has) = (contracts.AmountOf(typed), known.Deposited - known.Withdrawn);
        if (amount > has)
        {
            throw Refused(
                "request_too_large",
                $"{wallet.Address} asks for {contracts.Show(amount)}; its deposits are {contracts.Show(has)}.",
                "Ask for less. What was earned is paid by 'market account claim'."
            );
        }
        await wallet.RequestWithdrawal(amount, run.Cancellation);
        return await wallet.ReadAccount(wallet.Address, run.Cancellation);
    }

    private static async Task<(TokenAmount Paid, TransactionReceipt Receipt)> Pay(
        Invocation run,
        MarketContracts contracts,
        EscrowAccount asked,
        bool takesPart
    )
    {
        (TokenAmount, TransactionReceipt)? paid = null;
        await contracts.Until(async () =>
        {
            var books = await contracts.ReadBooks();
            if (books.Last is not { } last || last.ChainBlock < asked.RequestedBlock)
            {
                return books.IsClosed
                    ? throw Refused(
                        "escrow_closed",
                        "The escrow is closed: no settlement counts the request.",
                        "Leave with 'market account exit'."
                    )
                    : $"The request is in block {asked.RequestedBlock}. Waiting for a settlement that has counted it; Ctrl-C ends the wait "
                        + "alone, and the command without --amount goes on.";
            }
            var (totals, path) = await Require(contracts, last);
            var payable = asked.PayableBy(totals);
            if (payable < asked.Requested && !takesPart)
            {
                throw Refused(
                    "not_free",
                    $"Of {contracts.Show(asked.Requested)} asked for, {contracts.Show(payable)} are free by settlement {last.Number}: "
                        + "the rest was spent, is held for open jobs, or was deposited after the request.",
                    "Try again after the next settlement, or take that part and end the request with --part."
                );
            }
            try
            {
                var receipt = await contracts.Wallet.Withdraw(totals, path, run.Cancellation);
                paid = (contracts.Wallet.PaidBy(receipt), receipt);
                return null;
            }
            catch (ChainException early) when (early.Refusal is { Error.Signature.Name: "TooEarly" } said)
            {
                return $"It can be paid from {TimeOf(said.Arguments[0])} on.";
            }
            catch (ChainException outrun) when (outrun.Refusal is { Error.Signature.Name: "NotInSettlement" })
            {
                return (await contracts.ReadBooks()).Last == last
                    ? throw new ChainException(outrun.Message, outrun)
                    : "There was another settlement at this moment.";
            }
        });
        return paid!.Value;
    }

    /// <param name="set">The program's.</param>
    /// <param name="group">Whose account: <c>account</c>, or <c>worker</c>.</param>
    internal static Command Claim(CommandSet set, string group)
    {
        var (options, keyFile) = (new ContractOptions(), KeyFileOption());
        var beneficiary = Beneficiary();
        var toDeposit = Values.Switch("--to-deposit", "Turn it into a deposit, to spend it at the market");
        return set.Leaf(
            "claim",
            $"""
            Be paid what the account has earned by the last settlement and not claimed yet. The first time, the key's address
            comes to stand for the account, for ever. A worker's account is that of its folder: --data names it.

            Example:
              market {group} claim --chain-key owner.json
            """,
            async run =>
            {
                using var contracts = await MarketContracts.Open(run, options);
                var (wallet, named) = (contracts.Wallet, run.Get(beneficiary));
                if (named is null && contracts.HasMarket)
                {
                    await contracts.Bind(run.Get(keyFile));
                }
                var owner = named ?? wallet.Address;
                var known = await wallet.ReadAccount(owner, run.Cancellation);
                var row = (await contracts.ReadBooks()).Last is { } last ? await contracts.Find(last, owner) : null;
                var due = row is { } found && found.Totals.Earned > known.Claimed ? found.Totals.Earned - known.Claimed : TokenAmount.Zero;
                if (due.IsZero)
                {
                    run.Note(
                        "Nothing that was earned since is settled yet. 'market settlement show' tells how far the next settlement is."
                    );
                }
                var receipt =
                    due.IsZero ? null
                    : run.Get(toDeposit) ? await wallet.ClaimToDeposit(row!.Value.Totals, row.Value.Path, run.Cancellation)
                    : await wallet.Claim(row!.Value.Totals, row.Value.Path, run.Cancellation);
                await run.AnswerFields([
                    ("owner", owner),
                    ("claimed", contracts.Show(receipt is null ? due : wallet.PaidBy(receipt))),
                    ("earned in all", row is { } told ? contracts.Show(told.Totals.Earned) : null),
                    ("block", receipt?.BlockNumber),
                    ("transaction", receipt is null ? null : $"0x{receipt.TransactionHash}"),
                ]);
                return ExitCodes.Ok;
            },
            [
                toDeposit,
                beneficiary,
                keyFile,
                options.Chain.Rpc,
                options.Chain.KeyFile,
                options.Chain.PassphraseFile,
                options.Escrow,
                options.File,
            ]
        );
    }

    private static Command Exit(CommandSet set)
    {
        var options = new ContractOptions();
        var beneficiary = Beneficiary();
        var close = Values.Switch("--close", "Close the escrow if it is open: no deposit and no settlement comes there any more");
        return set.Leaf(
            "exit",
            """
            Leave a market that has stopped: has all paid that was deposited and not spent, and what was earned, by the last
            settlement. Its escrow must be closed, which --close does, once there was no settlement for the time that the
            contracts were made with.

            Example:
              market account exit --close --chain-key owner.json --escrow 0x5fbdb2315678afecb367f032d93f642f64180aa3 --settlement 7.json
            """,
            async run =>
            {
                using var contracts = await MarketContracts.Open(run, options);
                var wallet = contracts.Wallet;
                var owner = run.Get(beneficiary) ?? wallet.Address;
                var books = await contracts.ReadBooks();
                if (!books.IsClosed)
                {
                    await Close(run, wallet, run.Get(close));
                }
                var before = await wallet.ReadAccount(owner, run.Cancellation);
                await Leave(run, contracts, books.Last, owner, before);
                var after = await wallet.ReadAccount(owner, run.Cancellation);
                await run.AnswerFields([
                    ("owner", owner),
                    ("withdrawn", contracts.Show(after.Withdrawn - before.Withdrawn)),
                    ("claimed", contracts.Show(after.Claimed - before.Claimed)),
                ]);
                return ExitCodes.Ok;
            },
            [beneficiary, close, options.Chain.Rpc, options.Chain.KeyFile, options.Chain.PassphraseFile, options.Escrow, options.File]
        );
    }

    private static async Task Close(Invocation run, EvmMarketWallet wallet, bool mayClose)
    {
        if (!mayClose)
        {
            throw Refused(
                "escrow_open",
                "The escrow is open. To close it ends the market there for everybody, for ever.",
                "'market account withdraw' takes deposits back from a market that settles; --close closes the escrow of one that does not."
            );
        }
        try
        {
            await wallet.Close(run.Cancellation);
        }
        catch (ChainException early) when (early.Refusal is { Error.Signature.Name: "TooEarly" } said)
        {
            throw Refused(
                "escrow_open",
                $"The market still settles, or did not long ago: its escrow can be closed from {TimeOf(said.Arguments[0])} on, if there is "
                    + "no settlement until then.",
                "'market account withdraw' takes deposits back from a market that settles."
            );
        }
    }

    private static async Task Leave(Invocation run, MarketContracts contracts, Settlement? last, EvmAddress owner, EscrowAccount known)
    {
        var wallet = contracts.Wallet;
        var row = last is null ? null : await contracts.Find(last, owner);
        // What was earned first: it is paid even where deposits are short.
        if (row is { } earner && earner.Totals.Earned > known.Claimed)
        {
            await wallet.Claim(earner.Totals, earner.Path, run.Cancellation);
        }
        if (known.FirstBlock > (last?.ChainBlock ?? 0))
        {
            if (known.Deposited > known.Withdrawn)
            {
                await wallet.ExitUnsettled(owner, run.Cancellation);
            }
        }
        else if (row is { } depositor)
        {
            if (known.Deposited > known.Withdrawn + depositor.Totals.Spent)
            {
                await wallet.Exit(depositor.Totals, depositor.Path, run.Cancellation);
            }
        }
        else
        {
            throw Refused(
                "account_unknown",
                $"The escrow knows no deposit of {owner}, and the last settlement does not name it.",
                "Name the account's address with --for."
            );
        }
    }

    private static async Task<(AccountTotals Totals, IReadOnlyList<MerkleStep> Path)> Require(MarketContracts contracts, Settlement last) =>
        await contracts.Find(last, contracts.Wallet.Address)
        ?? throw Refused(
            "account_unknown",
            $"Settlement {last.Number} does not name {contracts.Wallet.Address}, which has deposits.",
            "Wait for the next settlement; 'market settlement show' tells how far it is."
        );

    private static string TimeOf(object seconds) =>
        Table.Show(DateTimeOffset.FromUnixTimeSeconds((long)(System.Numerics.BigInteger)seconds));

    private static Option<EvmAddress?> Beneficiary() =>
        ChainOptions.Address("--for", "The account's address, which is paid [that which stands for the account, or that of --chain-key]");

    private static Option<string?> KeyFileOption() =>
        Values.Text("--account-key", "FILE", "The account's own key file [account.key, else worker.key, in the data folder]");

    private static CommandException Refused(string kind, string what, string advice) =>
        new(new Failure(ExitCodes.Refused, kind, what, advice));
}
