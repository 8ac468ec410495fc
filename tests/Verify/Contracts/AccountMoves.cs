using System.Numerics;
using Marketplace.Chain;
using Marketplace.Receipts;

namespace Marketplace.Verify.Contracts;

/// <summary>What owners of accounts do with the escrow by chance, rightly and wrongly.</summary>
internal sealed class AccountMoves(EvmMarket market, ContractActors actors, Random chance)
{
    private EscrowModel Model => actors.Escrow;

    public EvmAddress Someone() => actors.People[chance.Next(actors.People.Count)];

    /// <summary>An account, sometimes one that is new.</summary>
    private EvmAddress Account() => chance.Next(12) == 0 ? actors.Newcomer() : actors.Accounts[chance.Next(actors.Accounts.Count)];

    public PlayMove Deposit()
    {
        var (payer, account) = (Someone(), chance.Next(4) == 0 ? Account() : default(EvmAddress?));
        var amount = Amount(actors.World.Token.BalanceOf(payer));
        return new PlayMove(
            "deposit",
            market.ToEscrow(payer, "deposit", account ?? payer, amount),
            () => Model.Deposit(payer, account ?? payer, amount)
        );
    }

    /// <summary>Somebody deposits for one that no settlement knows.</summary>
    public PlayMove Welcome()
    {
        var (payer, account) = (actors.People[0], actors.Newcomer());
        return new PlayMove(
            "deposit",
            market.ToEscrow(payer, "deposit", account, new BigInteger(500)),
            () => Model.Deposit(payer, account, 500)
        );
    }

    public PlayMove Request()
    {
        var caller = Someone();
        var balance = Model.BalanceOf(caller);
        var amount = Amount(balance.Deposited - balance.Withdrawn);
        return new PlayMove("requestWithdrawal", market.ToEscrow(caller, "requestWithdrawal", amount), () => Model.Request(caller, amount));
    }

    public PlayMove Cancel()
    {
        var caller = Someone();
        return new PlayMove("cancelWithdrawal", market.ToEscrow(caller, "cancelWithdrawal"), () => Model.Cancel(caller));
    }

    public PlayMove Withdraw()
    {
        var row = Row();
        // Mostly one whose owner has asked.
        for (var tries = 0; tries < 15 && Model.BalanceOf(row.Totals.Owner).Requested.IsZero; tries++)
        {
            row = Row();
        }
        var caller = Someone();
        return new PlayMove("withdraw", WithRow(caller, "withdraw", row), () => Model.Withdraw(caller, row));
    }

    public PlayMove Claim()
    {
        var row = Row();
        return new PlayMove("claim", WithRow(Someone(), "claim", row), () => Model.Claim(row));
    }

    public PlayMove ClaimToDeposit()
    {
        var row = Row();
        var caller = chance.Next(6) == 0 ? Someone() : row.Totals.Owner;
        return new PlayMove("claimToDeposit", WithRow(caller, "claimToDeposit", row), () => Model.ClaimToDeposit(caller, row));
    }

    public PlayMove Close() => new("close", market.ToEscrow(Someone(), "close"), Model.Close);

    public PlayMove Exit()
    {
        var row = Row();
        return new PlayMove("exit", WithRow(Someone(), "exit", row), () => Model.Exit(row));
    }

    public PlayMove ExitUnsettled()
    {
        var account = actors.Accounts[^chance.Next(1, actors.Accounts.Count + 1)];
        return new PlayMove("exitUnsettled", market.ToEscrow(Someone(), "exitUnsettled", account), () => Model.ExitUnsettled(account));
    }

    public PlayMove Compensate()
    {
        var caller = Someone();
        return new PlayMove(
            "compensate",
            market.ToEscrow(caller, "compensate", new byte[Bytes32.Size], BigInteger.One),
            () => Refusal.Of("NotTheRegistry(address)", caller)
        );
    }

    /// <summary>The operator hands over to another, who hands back; strangers try as well.</summary>
    public PlayMove Operator()
    {
        if (chance.Next(2) == 0)
        {
            var (caller, next) = (chance.Next(2) == 0 ? Model.Operator : Someone(), chance.Next(2) == 0 ? market.Operator : Someone());
            return new PlayMove("proposeOperator", market.ToEscrow(caller, "proposeOperator", next), () => Model.Propose(caller, next));
        }
        var accepting = chance.Next(3) == 0 || Model.Proposed == default ? Someone() : Model.Proposed;
        return new PlayMove("acceptOperator", market.ToEscrow(accepting, "acceptOperator"), () => Model.Accept(accepting));
    }

    /// <summary>The next transfer makes one of these calls in its middle.</summary>
    public PlayMove Arm()
    {
        var row = Row();
        var account = Someone();
        var members = actors.Registry.Members.Keys.ToArray();
        var member = members.Length == 0 ? default : members[chance.Next(members.Length)];
        var token = market.Token;
        var (request, inner) = chance.Next(7) switch
        {
            0 or 1 => (WithRow(token, "claim", row), (Func<byte[]?>)(() => Model.Claim(row))),
            2 => (WithRow(token, "withdraw", row), () => Model.Withdraw(token, row)),
            3 => (WithRow(token, "exit", row), () => Model.Exit(row)),
            4 => (market.ToEscrow(token, "exitUnsettled", account), () => Model.ExitUnsettled(account)),
            5 => (market.ToEscrow(token, "deposit", account, BigInteger.One), () => Model.Deposit(token, account, 1)),
            _ => (market.ToRegistry(token, "withdrawStake", member.ToArray()), () => actors.Registry.WithdrawStake(member)),
        };
        return new PlayMove(
            "token",
            market.ToToken(market.Operator, "arm(address,bytes)", request.To, request.Data),
            () =>
            {
                actors.World.Token.Armed = () => inner() is null;
                return null;
            }
        );
    }

    /// <summary>The token changes its manner, or whom it dislikes.</summary>
    /// <param name="manners">Those that it may have.</param>
    public PlayMove Manner(IReadOnlyList<TokenManner> manners)
    {
        var next = chance.Next(5) < 3 ? TokenManner.Plain : manners[chance.Next(manners.Count)];
        return new PlayMove(
            "token",
            market.ToToken(market.Operator, "setManner(uint256)", (int)next),
            () =>
            {
                actors.World.Token.Manner = next;
                return null;
            }
        );
    }

    public PlayMove Blacklist()
    {
        var list = actors.World.Token.Blacklist;
        var isListed = list.Count == 0 || (list.Count < 3 && chance.Next(2) == 0);
        var account =
            !isListed ? list.First()
            : chance.Next(10) == 0 ? market.Escrow
            : Someone();
        return new PlayMove(
            "token",
            market.ToToken(market.Operator, "setBlacklisted(address,bool)", account, isListed),
            () =>
            {
                _ = isListed ? list.Add(account) : list.Remove(account);
                return null;
            }
        );
    }

    /// <summary>Small, nothing, all, a little more than all, or the most that there can be.</summary>
    /// <param name="all">What there is.</param>
    public BigInteger Amount(BigInteger all) =>
        chance.Next(14) switch
        {
            0 => BigInteger.Zero,
            1 => all + 1,
            2 => EscrowModel.AmountMax - chance.Next(3),
            3 => BigInteger.Min(all, 10_000),
            _ => chance.Next(1, 2000),
        };

    /// <summary>A row of the last settlement; sometimes an old one, a changed one, or one with another path.</summary>
    private SettledRow Row()
    {
        var rows = chance.Next(20) == 0 ? actors.Books.OldRows : actors.Books.Rows;
        if (rows.Count == 0)
        {
            return new SettledRow(new AccountTotals(Someone(), new TokenAmount(5), TokenAmount.Zero, TokenAmount.Zero), []);
        }
        var row = rows[chance.Next(rows.Count)];
        return chance.Next(24) switch
        {
            0 => row with { Totals = row.Totals with { Earned = new TokenAmount(row.Totals.Earned.BaseUnits ^ 1) } },
            1 => row with { Totals = row.Totals with { Owner = Someone() } },
            2 => row with { Path = [.. row.Path.Skip(1)] },
            3 => row with { Path = [.. row.Path.Select(step => step with { IsLeft = !step.IsLeft })] },
            4 => row with { Path = [.. Enumerable.Repeat(new MerkleStep(IsLeft: true, row.Totals.Hash()), chance.Next(64, 67))] },
            _ => row,
        };
    }

    private EvmRequest WithRow(EvmAddress caller, string function, SettledRow row) =>
        market.ToEscrow(caller, function, ContractValues.Of(row.Totals), ContractValues.Of(row.Path));
}
