using Marketplace.Chain;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Testing;

namespace Marketplace.Verify.HostileRpc;

/// <summary>
/// A client deposits, pays a worker and withdraws the rest; the worker claims. At four moments of it the lie is told: while the deposit is
/// counted, before a settlement is made and sent, while it waits in a block for its depth, and while a withdrawal is debited. In the second
/// the process is killed, too. At the end books and chain must be what they are without any lie.
/// </summary>
internal sealed class HostileLife(HostileScene scene, HostileCase one)
{
    /// <summary>At which the lie is told.</summary>
    public const int Moments = 4;

    private const ulong Deposit = 1_000;
    private const ulong FirstPay = 300;
    private const ulong SecondPay = 100;
    private const ulong Earned = FirstPay + SecondPay;

    /// <summary>So many blocks a lie is told, if it stops the market.</summary>
    private static readonly int LieBlocks = HostileScene.Terms.Confirmations + 2;

    private ulong _withdraws;
    private bool _claims;

    /// <summary>A market on the contracts as they are now. The chain is as before when it is over, unless it was reorganised.</summary>
    public static async Task<LifeResult> Run(AnvilBench bench, HostileCase one)
    {
        var snapshot = await bench.Node.Tell("evm_snapshot");
        var result = new LifeResult(one.Name, 0, 0, 0, ["it did not end"]);
        var run = new SimulatedRun(1);
        try
        {
            run.Run(async () =>
            {
                await using var scene = new HostileScene(run, bench, one.Nodes);
                await scene.Begin();
                await new HostileLife(scene, one).Live();
                result = new LifeResult(one.Name, scene.Nodes[0].Told, scene.Alarms, scene.Blocks, [.. scene.Violations]);
            });
        }
        catch (Exception failure)
        {
            result = result with { Violations = [.. result.Violations, failure.ToString()] };
        }
        if (one.Depth == 0)
        {
            await bench.Node.Tell("evm_revert", snapshot!.DeepClone());
        }
        return result;
    }

    private async Task Live()
    {
        scene.Wish = Want;
        await Lie("the deposit", async () => (await scene.Account("client")).Booked == new TokenAmount(Deposit));
        await scene.Pay(FirstPay);
        await Lie("the settlement", () => Task.FromResult(IsSettled(FirstPay)), crashes: true);
        await scene.Pay(SecondPay);
        await Reach("the second settlement is in a block", () => Task.FromResult(OutsideChain.Wait(IsInABlock)));
        await Lie("the settlement's depth", () => Task.FromResult(IsSettled(Earned)));
        _claims = true;
        _withdraws = Deposit - Earned;
        await Lie("the withdrawal", async () => (await scene.Books("client")).Available.IsZero && OutsideChain.Wait(IsOut));
        await Finish();
    }

    /// <summary>The lie is told; then it is not, and what was to come comes.</summary>
    private async Task Lie(string moment, Func<Task<bool>> comes, bool crashes = false)
    {
        var before = scene.Criticals;
        var booked = (await scene.Account("client")).Booked;
        if (one.Depth > 0)
        {
            OutsideChain.Wait(() => scene.Bench.Reorganise(one.Depth));
        }
        else
        {
            one.Tell!(scene.Nodes[0], scene);
        }
        if (crashes)
        {
            await scene.CrashAndStart();
        }
        if (one.IsMinority)
        {
            await Reach($"{moment}, while one node of {one.Nodes} lies", comes);
        }
        for (var block = 0; block < (one.Depth > 0 || one.IsMinority ? 1 : LieBlocks); block++)
        {
            await scene.Block();
        }
        if (one.Depth == 0 && scene.Criticals > before)
        {
            scene.Violations.Add($"{moment}: the lie was believed, that the chain was reorganised");
        }
        if (one.Depth > 0)
        {
            Judge(moment, before, booked, (await scene.Account("client")).Booked);
        }
        foreach (var node in scene.Nodes)
        {
            node.BeHonest();
        }
        await Reach($"{moment}, after the lie", comes);
    }

    /// <summary>A reorganisation that was waited for changes nothing of what was counted, and one that goes deeper is told.</summary>
    private void Judge(string moment, int criticalsBefore, TokenAmount before, TokenAmount after)
    {
        var (isDeep, isTold) = (one.Depth > HostileScene.Terms.Confirmations, scene.Criticals > criticalsBefore);
        if (isDeep != isTold)
        {
            scene.Violations.Add($"{moment}: a reorganisation of {one.Depth} blocks {(isTold ? "raised" : "did not raise")} the alarm");
        }
        if (!isDeep && after < before)
        {
            scene.Violations.Add($"{moment}: a reorganisation of {one.Depth} blocks took {before - after} out of the books");
        }
    }

    private async Task Reach(string what, Func<Task<bool>> holds)
    {
        if (!await scene.Until(holds))
        {
            var status = await scene.Status();
            scene.Violations.Add(
                $"{what}: it does not come; the market is {status.Phase}, has counted block {status.Counted} of {status.Head}. "
                    + $"{status.Trouble} {OutsideChain.Wait(scene.Facts)}"
            );
        }
    }

    /// <summary>What wallets do: they try until it is in a block, and again if a reorganisation has undone it.</summary>
    private async Task Want()
    {
        var client = ChainBench.Owner(0x21);
        var (ofClient, ofWorker) = await Balances();
        if (ofClient.Deposited < new TokenAmount(Deposit))
        {
            await scene.Bench.Deposit(client, Deposit - (ulong)ofClient.Deposited.BaseUnits);
        }
        if (_withdraws > 0 && ofClient.Withdrawn.IsZero && ofClient.Requested.IsZero)
        {
            await Try(() => scene.Bench.Request(client, _withdraws));
        }
        if (scene.Last is { } file)
        {
            if (_withdraws > 0 && !ofClient.Requested.IsZero && file.Find(HostileScene.Client) is { } own)
            {
                await Try(() => scene.Bench.Withdraw(own.Totals, own.Path));
            }
            if (_claims && ofWorker.Claimed < new TokenAmount(Earned) && file.Find(HostileScene.Worker) is { } its)
            {
                await Try(() => scene.Bench.Claim(its.Totals, its.Path));
            }
        }
    }

    /// <summary>What the contract refuses now may be right later.</summary>
    private static async Task Try(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (ChainException)
        {
            return;
        }
    }

    private async Task<(ChainBalance Client, ChainBalance Worker)> Balances()
    {
        var head = await scene.Bench.Chain.ReadHead(default);
        var balances = await scene.Bench.Chain.ReadBalances([HostileScene.Client, HostileScene.Worker], head, default);
        return (balances[0], balances[1]);
    }

    private bool IsSettled(ulong earned) => scene.Last?.Find(HostileScene.Worker)?.Totals.Earned == new TokenAmount(earned);

    /// <summary>The chain has a settlement that is of now, and the market has not counted it yet.</summary>
    private async Task<bool> IsInABlock()
    {
        var head = await scene.Bench.Chain.ReadHead(default);
        return (await scene.Bench.Chain.ReadBooks(head, default)).Last?.Earned == new TokenAmount(Earned);
    }

    private async Task<bool> IsOut()
    {
        var (client, worker) = await Balances();
        return client.Withdrawn == new TokenAmount(_withdraws) && worker.Claimed == new TokenAmount(Earned);
    }

    /// <summary>Books and chain as they are without any lie, and nothing is under way.</summary>
    private async Task Finish()
    {
        await Reach(
            "rest",
            async () => (await scene.Status()) is { Trouble: null, Phase: SettlementPhase.Resting } && await AreBooksRight()
        );
        var (client, worker) = OutsideChain.Wait(Balances);
        var (holds, numbers) = (OutsideChain.Wait(scene.Bench.EscrowHolds), OutsideChain.Wait(scene.Bench.SettledNumbers));
        var (status, books) = (await scene.Status(), await scene.Account("client"));
        Require(client.Deposited == new TokenAmount(Deposit), $"{client.Deposited} is deposited, not {Deposit}");
        Require(worker.Claimed == new TokenAmount(Earned), $"{worker.Claimed} was claimed, and {Earned} was earned");
        Require(client.Withdrawn == new TokenAmount(_withdraws), $"{client.Withdrawn} was withdrawn, and {_withdraws} was asked for");
        Require(holds.IsZero, $"the escrow has {holds} left, and all was paid out");
        Require(
            books.Booked == new TokenAmount(Earned),
            $"the books have {books.Booked} of the deposits, not the {Earned} that were spent"
        );
        Require(
            numbers.SequenceEqual(Enumerable.Range(1, numbers.Length).Select(number => (ulong)number)),
            $"the chain has settlements {string.Join(" ", numbers)}"
        );
        Require(status.Settled == (ulong)numbers.Length, $"the market has counted {status.Settled} settlements of {numbers.Length}");
        foreach (var name in (string[])["client", "worker"])
        {
            var view = await scene.View(name);
            Require(view.Debt.IsZero && view.Available.IsZero, $"the {name} has {view.Available}, and owes {view.Debt}");
            (await scene.AccountViolations(name)).ToList().ForEach(violation => Require(false, $"the {name}: {violation}"));
        }
        if (one.Depth == 0)
        {
            Require(scene.Nodes[0].Told > 0, "the lie was never told: the case shows nothing");
            Require(scene.Alarms > 0 || !one.MustAlarm, "nobody was told of the lie");
        }
    }

    private async Task<bool> AreBooksRight() =>
        (await scene.Account("client")).Booked == new TokenAmount(Earned)
        && (await scene.Books("worker")).Claimable == new TokenAmount(Earned)
        && (await scene.Status()).Settled == OutsideChain.Wait(LastNumber);

    private async Task<ulong> LastNumber()
    {
        var head = await scene.Bench.Chain.ReadHead(default);
        return (await scene.Bench.Chain.ReadBooks(head, default)).Last?.Number ?? 0;
    }

    private void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            scene.Violations.Add($"at the end {otherwise}");
        }
    }
}

/// <summary>What one life came to.</summary>
/// <param name="Told">Answers that were lies.</param>
/// <param name="Alarms">What was told of them.</param>
internal sealed record LifeResult(string Name, int Told, int Alarms, int Blocks, IReadOnlyList<string> Violations);
