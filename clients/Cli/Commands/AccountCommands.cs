using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market account</c>.</summary>
internal static class AccountCommands
{
    public static Command Make(CommandSet set) =>
        CommandSet.Group(
            "account",
            "Open accounts, look at their money, move it, also to and from a chain, and refuse workers.",
            [
                AccountOpenCommand.Make(set),
                Show(set),
                Transfer(set),
                Credit(set),
                AccountRefuseCommands.Make(set),
                .. AccountChainCommands.Make(set),
            ]
        );

    private static Command Show(CommandSet set) =>
        set.Leaf(
            "show",
            """
            Show the account of the key: what is available, held for open jobs, under way, earned, spent and owed, in base units.

            Example:
              market account show
            """,
            async run =>
            {
                await Answer(run, await run.Client.Account.Get(run.Cancellation));
                return ExitCodes.Ok;
            }
        );

    private static Command Transfer(CommandSet set)
    {
        var to = Account("Who gets the money: an account that was opened or paid before");
        var amount = Amount();
        var requestId = Values.Text("--request-id", "ID", "The same id again sends nothing more, for 30 days [a new one]");
        return set.Leaf(
            "transfer",
            """
            Send money to another account; needs a key with the scope transfer.

            Example:
              market account transfer 8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c 500 --request-id rent-2026-08
            """,
            async run =>
            {
                var id = run.Get(requestId) ?? $"{Guid.NewGuid()}";
                var account = await run.Client.Account.Transfer(id, run.Get(to), run.Get(amount), cancellation: run.Cancellation);
                await Answer(run, account);
                run.Note($"Sent under the request id {id}.");
                return ExitCodes.Ok;
            },
            to,
            amount,
            requestId
        );
    }

    private static Command Credit(CommandSet set)
    {
        var account = Account("Who gets the money; it need not be open");
        var amount = Amount();
        var operation = Values.Text("--operation", "ID", "The same id again brings nothing more, for 30 days [a new one]");
        return set.Leaf(
            "credit",
            """
            Bring new money into an account. For the operator: needs a key with the scope admin.

            Example:
              market account credit 8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c 1000000 --operation invoice-17
            """,
            async run =>
            {
                var id = run.Get(operation) ?? $"{Guid.NewGuid()}";
                await Answer(run, await run.Client.Accounts.Credit(run.Get(account), id, run.Get(amount), cancellation: run.Cancellation));
                run.Note($"Credited as the operation {id}.");
                return ExitCodes.Ok;
            },
            account,
            amount,
            operation
        );
    }

    private static Argument<AccountId> Account(string description) =>
        Values.Argument<AccountId>("ACCOUNT", description, "64 hexadecimal digits", AccountId.TryParse);

    private static Argument<TokenAmount> Amount() =>
        Values.Argument<TokenAmount>("AMOUNT", "Base units, more than 0", "a whole number of base units", Values.TryAmount);

    /// <summary>Where the market settles on a chain, money is shown as tokens as well, if the chain has told of them.</summary>
    private static async Task<SettlementToken?> FindToken(Invocation run)
    {
        try
        {
            return (await run.Client.Settlement.Get(run.Cancellation)).Token;
        }
        catch (Exception failure) when (Failure.IsOfService(failure))
        {
            // The account itself is worth showing.
            return null;
        }
    }

    private static async Task Answer(Invocation run, Account account)
    {
        var token = account.Claimable is null || run.Json ? null : await FindToken(run);
        object? Show(TokenAmount? amount) =>
            amount is { } some && token is not null && !some.IsZero
                ? $"{Table.Show(some)} ({new Money(some, token.Symbol, token.Decimals)})"
                : amount;

        await run.Answer(
            account,
            writer =>
                Table.WriteFields(
                    writer,
                    ("account", account.Id),
                    ("available", Show(account.Available)),
                    ("held", Show(account.Held)),
                    ("under way", Show(account.UnderWay)),
                    ("earned", Show(account.Earned)),
                    ("spent", Show(account.Spent)),
                    ("open jobs", account.OpenJobs),
                    ("debt", Show(account.Debt)),
                    ("earned on the chain", Show(account.Claimable))
                )
        );
    }
}
