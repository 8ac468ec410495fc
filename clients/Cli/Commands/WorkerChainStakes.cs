using Marketplace.Chain;
using Marketplace.Receipts;
using Marketplace.Worker;

namespace Marketplace.Cli.Commands;

/// <summary>Stakes in a market's registry on the chain, for the worker whose folder is the data folder.</summary>
internal static class WorkerChainStakes
{
    public static WorkerId OwnId(Invocation run)
    {
        var (worker, key) = VoteLog.ReadKey(run.DataPath);
        key.Dispose();
        return worker;
    }

    public static async Task<int> Stake(Invocation run, ContractOptions options, WorkerId? named, TypedMoney typed)
    {
        var (worker, bls) = VoteLog.ReadKey(run.DataPath);
        using var key = bls;
        RequireOwn(run, named, worker);
        using var contracts = await MarketContracts.Open(run, options);
        var (wallet, amount) = (contracts.Wallet, contracts.AmountOf(typed));
        var member = Possession.MemberOf(key.PublicKey);
        var known = await wallet.FindMember(member, run.Cancellation);
        if (known is { IsSlashed: true })
        {
            throw Refused(
                "slashed",
                $"The key of worker {worker} has signed what contradicts itself: it never serves again.",
                "A new worker folder has a new key."
            );
        }
        if (known is not null && known.Owner != wallet.Address)
        {
            throw Refused(
                "other_owner",
                $"{known.Owner} has registered the key of worker {worker}, and alone gets its stake back; the key's address is "
                    + $"{wallet.Address}.",
                "Give the key of that address with --chain-key. If it is a stranger's, the worker's folder was read: start another one."
            );
        }
        await contracts.RequireTokens(amount);
        if (contracts.HasMarket)
        {
            // First, so that what it earns from now on has a way to the chain.
            await contracts.Bind(Path.Combine(run.DataPath, "worker.key"));
        }
        var receipt = known is null
            ? await wallet.Register(worker, key, amount, run.Cancellation)
            : await wallet.IncreaseStake(member, amount, run.Cancellation);
        var after = await wallet.FindMember(member, run.Cancellation);
        await run.AnswerFields([
            ("worker", worker),
            ("member", member),
            ("owner", after!.Owner),
            ("stake", contracts.Show(after.Stake)),
            ("block", receipt.BlockNumber),
            ("transaction", $"0x{receipt.TransactionHash}"),
        ]);
        run.Note("It counts from the chain's next epoch on.");
        return ExitCodes.Ok;
    }

    public static async Task<int> Unstake(Invocation run, ContractOptions options, WorkerId? named, TypedMoney? typed, bool all)
    {
        if (typed is not null && all)
        {
            throw CommandException.Usage("--amount and --all say different things.", "Give one of them.");
        }
        var (worker, bls) = VoteLog.ReadKey(run.DataPath);
        using var key = bls;
        RequireOwn(run, named, worker);
        using var contracts = await MarketContracts.Open(run, options);
        var (wallet, member) = (contracts.Wallet, Possession.MemberOf(key.PublicKey));
        var before =
            await wallet.FindMember(member, run.Cancellation)
            ?? throw Refused(
                "nothing_staked",
                $"Worker {worker} has nothing at stake on chain {contracts.Terms.ChainId}.",
                "'market worker stake' stakes for it."
            );
        if ((typed is not null || all) && !before.Unbonding.IsZero)
        {
            throw Refused(
                "still_unbonding",
                $"{contracts.Show(before.Unbonding)} are unbonding, until {Table.Show(before.UnbondedAt)}; taking back more would have "
                    + "them wait anew.",
                "Have them paid out first: the same command without --all and --amount, then."
            );
        }
        var receipt =
            typed is not null ? await wallet.BeginUnbonding(member, contracts.AmountOf(typed), run.Cancellation)
            : all ? await wallet.BeginUnbonding(member, before.Stake, run.Cancellation)
            : await PayOut(run, contracts, member, before);
        var after = (await wallet.FindMember(member, run.Cancellation))!;
        await run.AnswerFields([
            ("worker", worker),
            ("owner", after.Owner),
            ("stake", contracts.Show(after.Stake)),
            ("unbonding", contracts.Show(after.Unbonding)),
            ("paid out from", after.Unbonding.IsZero ? null : Table.Show(after.UnbondedAt)),
            ("block", receipt.BlockNumber),
            ("transaction", $"0x{receipt.TransactionHash}"),
        ]);
        return ExitCodes.Ok;
    }

    private static async Task<TransactionReceipt> PayOut(Invocation run, MarketContracts contracts, Bytes32 member, StakedMember known)
    {
        if (known.Unbonding.IsZero)
        {
            throw Refused(
                "nothing_unbonding",
                $"{contracts.Show(known.Stake)} are at stake, and nothing was taken back that could be paid out.",
                "--all or --amount takes stake back."
            );
        }
        try
        {
            return await contracts.Wallet.WithdrawStake(member, run.Cancellation);
        }
        catch (ChainException early) when (early.Refusal is { Error.Signature.Name: "StillUnbonding" })
        {
            throw Refused(
                "still_unbonding",
                $"{contracts.Show(known.Unbonding)} can be paid out from {Table.Show(known.UnbondedAt)} on; until then evidence "
                    + "may take them.",
                "Run the command again then."
            );
        }
    }

    private static void RequireOwn(Invocation run, WorkerId? named, WorkerId worker)
    {
        if (named is { } id && id != worker)
        {
            throw CommandException.Usage(
                $"{run.DataPath} is the folder of worker {worker}; the command names {id}.",
                "On the chain a worker's own key signs: name its folder with --data."
            );
        }
    }

    private static CommandException Refused(string kind, string what, string advice) =>
        new(new Failure(ExitCodes.Refused, kind, what, advice));
}
