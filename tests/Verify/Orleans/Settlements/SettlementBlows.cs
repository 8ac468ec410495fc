using System.Diagnostics;
using Marketplace.Grains;
using Marketplace.Verify.Chaos;

namespace Marketplace.Verify.Settling;

/// <summary>Where a blow meets the silo that settles.</summary>
internal enum BlowMoment
{
    /// <summary>Members are asked for their signatures, which are in memory.</summary>
    Signing = 0,

    /// <summary>The sum of the signatures is written, and no transaction.</summary>
    Signed = 1,

    /// <summary>The transaction is written, and the chain has not heard of it.</summary>
    Unsent = 2,

    /// <summary>The chain has the transaction, and the silo has no answer.</summary>
    Sent = 3,

    /// <summary>A block has the transaction, and the market does not count it yet.</summary>
    Mined = 4,

    /// <summary>A deposit's credit is on its way to its account.</summary>
    Crediting = 5,
}

/// <summary>What a blow does.</summary>
internal enum BlowKind
{
    /// <summary>The silo is killed with <c>kill -9</c>.</summary>
    Kill = 0,

    /// <summary>The silo is frozen until another has taken its place.</summary>
    Freeze = 1,

    /// <summary>Nothing happens to the silo, but another activation does its step meanwhile.</summary>
    Rival = 2,
}

/// <summary>Blows at the silo that follows the chain.</summary>
internal sealed class SettlementBlows(SettlingScene scene, StoredSettlement stored)
{
    /// <summary>As `silo/Orleans/DeclaredDead.cs` says.</summary>
    private const int DeclaredDeadCode = 3;

    private const ulong SaverDeposit = 1_000_003;

    private static readonly TimeSpan MetWithin = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan BackWithin = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(60);

    public List<string> Violations { get; } = [];

    /// <summary>Moment and seconds until a settlement stood on the chain that had not before the blow.</summary>
    public List<string> Back { get; } = [];

    /// <summary>Questions that frozen silos asked as followers of the chain after another had taken their place.</summary>
    public int StaleSteps { get; private set; }

    /// <summary>Steps that ended because another activation had written.</summary>
    public int Conflicts =>
        scene
            .Cluster.Console.Split(Environment.NewLine)
            .Count(line =>
                line.Contains("A step of settlement failed", StringComparison.Ordinal)
                && line.Contains("InconsistentStateException", StringComparison.Ordinal)
            );

    public async Task Strike(BlowMoment moment, BlowKind kind)
    {
        if (await Meet(moment) is not { } met)
        {
            Violations.Add($"{moment} was not met within {MetWithin}: {await Where()}");
            return;
        }
        var (victim, held) = met;
        var before = (await stored.Read()).Next;
        var clock = Stopwatch.StartNew();
        if (kind == BlowKind.Rival)
        {
            await Outrun(victim, moment);
            await UntilSettled(before, $"{kind} {moment}", clock);
            return;
        }
        scene.Cluster.Forget(victim);
        await (kind == BlowKind.Freeze ? victim.Process.Freeze() : victim.Process.Kill());
        if (held is not null)
        {
            await held.DisposeAsync();
        }
        Release();
        if (kind == BlowKind.Freeze)
        {
            await UntilFollowedByAnother(victim, moment);
            await Thaw(victim, moment);
        }
        await UntilSettled(before, $"{kind} {moment}", clock);
        // Not earlier: a silo that starts has the chain followed at once.
        await scene.Cluster.Join(CancellationToken.None);
    }

    /// <summary>
    /// Does as another activation what the silo is about to do: writes a transaction down, and sends it. The silo must find out before it
    /// sends another one.
    /// </summary>
    private async Task Outrun(ChaosSilo silo, BlowMoment moment)
    {
        var before = Conflicts;
        await stored.Attempt(scene.Bench.Chain);
        Release();
        if (!await Until(() => Task.FromResult(Conflicts > before)))
        {
            Violations.Add($"{moment}: {silo.Name} has not seen within {MetWithin} that another activation had written.");
        }
    }

    /// <returns>The silo that is there, and what holds it up beside its tap; null: the moment did not come.</returns>
    private async Task<(ChaosSilo Silo, IAsyncDisposable? Held)?> Meet(BlowMoment moment)
    {
        switch (moment)
        {
            case BlowMoment.Signing:
                return await Until(async () => (await stored.Read()).Open is { Signature: null }) ? (Follower(), null) : null;
            case BlowMoment.Signed:
                return await MeetHeld("eth_maxPriorityFeePerGas", HoldPoint.Before);
            case BlowMoment.Unsent:
                return await MeetHeld("eth_sendRawTransaction", HoldPoint.Before);
            case BlowMoment.Sent:
                return await MeetHeld("eth_sendRawTransaction", HoldPoint.After);
            case BlowMoment.Mined:
                return await Until(async () => (await stored.Read()).Open is { } open && await IsMined(open)) ? (Follower(), null) : null;
            default:
                return await MeetCredit();
        }
    }

    private async Task<(ChaosSilo Silo, IAsyncDisposable? Held)?> MeetHeld(string method, HoldPoint at)
    {
        var armed = scene.Cluster.Alive.Select(silo => (Silo: silo, Held: scene.TapOf(silo).Arm(method, at))).ToArray();
        await Task.WhenAny([.. armed.Select(tap => tap.Held), Task.Delay(MetWithin)]);
        return armed.FirstOrDefault(tap => tap.Held.IsCompleted) is { Silo: { } silo } ? (silo, null) : null;
    }

    /// <summary>The credit waits for the place of its event, and the operation is written down.</summary>
    private async Task<(ChaosSilo Silo, IAsyncDisposable? Held)?> MeetCredit()
    {
        var held = await stored.HoldAccount(scene.Saver.Account);
        await scene.Bench.Deposit(scene.Saver.Owner, SaverDeposit);
        if (await Until(async () => await stored.ReadAccount(scene.Saver.Address) is { Pending: not null }))
        {
            return (Follower(), held);
        }
        await held.DisposeAsync();
        return null;
    }

    private async Task<bool> IsMined(BooksUnderWay open)
    {
        foreach (var attempt in open.Attempts)
        {
            if (await scene.Bench.Rpc.FindReceipt(attempt.Transaction.Hash, default) is not null)
            {
                return true;
            }
        }
        return false;
    }

    private ChaosSilo Follower() => scene.Cluster.Alive.MaxBy(silo => scene.TapOf(silo).FollowedAt)!;

    private void Release()
    {
        foreach (var silo in scene.Cluster.Alive)
        {
            scene.TapOf(silo).Release();
        }
    }

    private async Task UntilFollowedByAnother(ChaosSilo victim, BlowMoment moment)
    {
        var seen = scene.Cluster.Alive.ToDictionary(silo => silo.Number, silo => scene.TapOf(silo).Followed);
        if (
            !await Until(
                () => Task.FromResult(scene.Cluster.Alive.Any(silo => scene.TapOf(silo).Followed > seen.GetValueOrDefault(silo.Number))),
                BackWithin
            )
        )
        {
            Violations.Add($"{moment}: no other silo follows the chain {BackWithin} after {victim.Name} was frozen.");
        }
    }

    /// <summary>For a moment there are two activations: the old one goes on from where it was, with what it knew.</summary>
    private async Task Thaw(ChaosSilo victim, BlowMoment moment)
    {
        var asked = scene.TapOf(victim).Followed;
        await victim.Process.Thaw();
        scene.TapOf(victim).Release();
        using var limit = new CancellationTokenSource(EndsWithin);
        try
        {
            var code = await victim.Process.Ended(limit.Token);
            if (code != DeclaredDeadCode)
            {
                Violations.Add($"{moment}: {victim.Name} was given up and ended with code {code} instead of {DeclaredDeadCode}.");
            }
        }
        catch (OperationCanceledException)
        {
            Violations.Add($"{moment}: {victim.Name} was given up and still runs after {EndsWithin}.");
            await victim.Process.Kill();
        }
        StaleSteps += scene.TapOf(victim).Followed - asked;
    }

    private async Task UntilSettled(ulong before, string blow, Stopwatch clock)
    {
        if (await Until(async () => (await stored.Read()).Next > before, BackWithin))
        {
            Back.Add($"{blow} {clock.Elapsed.TotalSeconds:0}");
        }
        else
        {
            Violations.Add($"{blow}: settlement {before} does not stand {BackWithin} after the blow: {await Where()}");
        }
    }

    private async Task<string> Where()
    {
        try
        {
            await using var client = scene.Cluster.Client(scene.Cluster.Alive[0], retries: true);
            var status = await client.Settlement.Get();
            return $"{status.State} after {status.Settled}, head {status.Head}, counted {status.Counted}; {status.Trouble ?? "no trouble"}";
        }
        catch (Exception silent) when (silent is MarketplaceException or MarketplaceUnreachableException)
        {
            return silent.Message;
        }
    }

    private static async Task<bool> Until(Func<Task<bool>> isSo, TimeSpan? within = null)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < (within ?? MetWithin); await Task.Delay(50))
        {
            if (await isSo())
            {
                return true;
            }
        }
        return false;
    }
}
