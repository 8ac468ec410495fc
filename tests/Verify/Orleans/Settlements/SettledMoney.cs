using System.Numerics;
using Marketplace.Chain;
using Marketplace.Grains;
using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Verify.Settling;

/// <summary>The books of a cluster that has stopped, beside what the chain has.</summary>
internal static class SettledMoney
{
    /// <summary>Every settlement stands on the chain once, in order, and by a transaction that the market knows as its own.</summary>
    /// <returns>How many there are.</returns>
    public static async Task<int> CheckSettlements(SettlingScene scene, Grains.SettlementState state, List<string> violations)
    {
        var head = await scene.Bench.Chain.ReadHead(default);
        var topic = ContractBuild.Escrow.Abi.Event("Settled").Signature.Topic;
        var logs = await scene.Bench.Rpc.GetLogs(
            new LogFilter
            {
                FromBlock = 0,
                ToBlock = head.Number,
                Addresses = [scene.Bench.Domain.Contract],
                Topics =
                [
                    [topic],
                ],
            },
            default
        );
        var numbers = logs.Select(log => (ulong)new BigInteger(log.Topics[1].ToArray(), isUnsigned: true, isBigEndian: true)).ToArray();
        if (!numbers.SequenceEqual(Enumerable.Range(1, numbers.Length).Select(number => (ulong)number)))
        {
            violations.Add($"The chain has the settlements {string.Join(", ", numbers)}; each comes once, in order.");
        }
        var sent = await scene.Nonce() - scene.FirstNonce;
        if (sent != (ulong)numbers.Length)
        {
            violations.Add($"{sent} transactions of the operator are in blocks for {numbers.Length} settlements: some were sent twice.");
        }
        if (state.Next - 1 != (ulong)numbers.Length)
        {
            violations.Add($"The market counts {state.Next - 1} settlements; the chain has {numbers.Length}.");
        }
        var own = numbers.Zip(logs, (number, log) => (number, log.TransactionHash)).ToDictionary();
        violations.AddRange(
            state
                .Past.Where(past => own.GetValueOrDefault(past.Settlement.Number) != past.Transaction)
                .Select(past =>
                    $"Settlement {past.Settlement.Number} was settled by another transaction than the market's {past.Transaction}."
                )
        );
        return numbers.Length;
    }

    /// <summary>
    /// What was deposited is in the books once, what was earned is in the last settlement, and the escrow has exactly the tokens that the
    /// books owe.
    /// </summary>
    public static async Task CheckBooks(
        SettlingScene scene,
        PostgresStore store,
        Grains.SettlementState state,
        SettlementFile last,
        List<string> violations
    )
    {
        var head = await scene.Bench.Chain.ReadHead(default);
        var balances = await scene.Bench.Chain.ReadBalances([.. scene.Accounts.Select(account => account.Address)], head, default);
        foreach (var (bound, balance) in scene.Accounts.Zip(balances))
        {
            var account = (await StoredForms.Account.Load(store, store, $"{bound.Account}")).State;
            Same($"{bound.Account} has deposited", balance.Deposited, "its books were credited", account.CreditedTotal, violations);
            if (last.Find(bound.Address) is { } row)
            {
                Same(
                    $"{bound.Account} has earned in settlement {state.Next - 1}",
                    row.Totals.Earned,
                    "its books say",
                    account.Claimable,
                    violations
                );
                Same(
                    $"{bound.Account} has spent in settlement {state.Next - 1}",
                    row.Totals.Spent,
                    "its books say",
                    account.PaidTotal,
                    violations
                );
            }
            else if (!account.Claimable.IsZero || !account.CreditedTotal.IsZero)
            {
                violations.Add($"{bound.Account} has money, and no row in settlement {state.Next - 1}.");
            }
        }
        var audit = await new BookAudit(store, store).Check(() => ValueTask.CompletedTask, default);
        violations.AddRange(audit.Violations);
        var owed = audit.Available + audit.Held + audit.UnderWay + audit.Claimable;
        Same("The escrow has", await TokensOfEscrow(scene), "the books owe", owed, violations);
        if (audit.Claimable.IsZero)
        {
            violations.Add("Nobody has earned anything: these are not the books of a market that ran.");
        }
    }

    private static async Task<TokenAmount> TokensOfEscrow(SettlingScene scene)
    {
        var function = ContractBuild.DevelopmentToken.Abi.Function("balanceOf");
        var head = await scene.Bench.Chain.ReadHead(default);
        var data = function.Signature.EncodeCall(scene.Bench.Domain.Contract);
        var answer = await scene.Bench.Rpc.Call(new EvmCall { To = scene.Bench.Token, Data = data }, BlockId.Of(head.Hash), default);
        return new TokenAmount((UInt128)(BigInteger)function.DecodeOutputs(answer)[0]);
    }

    private static void Same(string what, TokenAmount one, string beside, TokenAmount other, List<string> violations)
    {
        if (one != other)
        {
            violations.Add($"{what} {one}; {beside} {other}.");
        }
    }
}
