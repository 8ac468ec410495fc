using System.Diagnostics;

namespace Marketplace.Verify.Settlements;

/// <summary>The run of kills and reorganisations over one market.</summary>
/// <param name="confirmations">How many blocks the silo waits for.</param>
/// <param name="within">A step that does not come within this was not reached.</param>
internal sealed class SettlementsRun(SettlingMarket market, Strike strike, Random chance, int confirmations, TimeSpan within)
{
    /// <summary>The deepest reorganisation: blocks beyond those that are waited for.</summary>
    private const int DeeperMax = 12;

    /// <summary>Of so many things that happen, one is a reorganisation.</summary>
    private const int ReorganisesOneOf = 8;

    /// <summary>A request that is not there in full ends after so many tries.</summary>
    private const int WithdrawalTriesMax = 200;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan DrainMax = TimeSpan.FromMinutes(5);

    private readonly List<string> _missed = [];
    private readonly List<string> _violations = [];

    public SettlingLife Life { get; } = new(market, chance);

    public int Kills { get; private set; }

    /// <summary>Kills after which nothing more of the way of a settlement was written.</summary>
    public int Exact { get; private set; }

    public int Reorganisations { get; private set; }

    /// <summary>Those deeper than is waited for.</summary>
    public int DeepReorganisations { get; private set; }

    /// <summary>Steps at which no silo could be killed, since they did not come.</summary>
    public IReadOnlyList<string> Missed => _missed;

    /// <summary>What was seen on the way that must not be.</summary>
    public IReadOnlyList<string> Violations => _violations;

    /// <summary>The chain is reorganised no deeper than is waited for: the books never see it.</summary>
    public async Task KillAtEach(IReadOnlyList<string> steps)
    {
        var before = WriteSteps.Deep.Sum(strike.Count);
        foreach (var step in steps)
        {
            await KillAt(
                step,
                async () =>
                {
                    if (WriteSteps.Debits.Contains(step))
                    {
                        await Life.Ask(market.Parties[chance.Next(market.Parties.Count)]);
                    }
                    await Live(reorganises: true);
                }
            );
        }
        if (WriteSteps.Deep.Sum(strike.Count) is var after && after > before)
        {
            _violations.Add($"No reorganisation was deeper than {confirmations} blocks, and {after - before} steps took something back.");
        }
    }

    /// <summary>No transaction comes into a block until the settlement's epoch is over.</summary>
    public async Task KillWhenLate()
    {
        var refused = market.Gate.Refused;
        market.Gate.RefusesTransactions = true;
        var clock = Stopwatch.StartNew();
        while (market.Gate.Refused == refused && clock.Elapsed < within)
        {
            await Live(reorganises: false);
        }
        await market.Chain.PassEpochs(2);
        await KillAt(WriteSteps.Late, () => Live(reorganises: false));
        market.Gate.RefusesTransactions = false;
    }

    /// <summary>
    /// A deposit is credited and spent, and then the chain loses it. To be called while the chain is young: the node forgets what its
    /// older blocks had, and then it goes back to nothing.
    /// </summary>
    public async Task KillWhenLost(IReadOnlyList<string> steps)
    {
        foreach (var step in steps)
        {
            var credits = strike.Count(WriteSteps.CreditDone);
            await Life.Deposit(market.Client);
            var from = (await market.Chain.Head()).Number - 1;
            await market.Chain.Mine(confirmations + chance.Next(1, DeeperMax));
            var clock = Stopwatch.StartNew();
            while (strike.Count(WriteSteps.CreditDone) == credits && clock.Elapsed < within)
            {
                await Task.Delay(Pace);
            }
            await Life.Order();
            var isLost = false;
            await KillAt(
                step,
                async () =>
                {
                    if (!isLost)
                    {
                        await market.Chain.Reorganise((int)((await market.Chain.Head()).Number - from));
                        DeepReorganisations++;
                        isLost = true;
                    }
                    await market.Chain.Mine();
                    await Task.Delay(Pace);
                }
            );
        }
    }

    /// <summary>The chain loses a settlement that was deep enough. To be called while the chain is young, too.</summary>
    public async Task KillWhenTakenBack()
    {
        var settled = strike.Count(WriteSteps.Settled);
        var clock = Stopwatch.StartNew();
        while (strike.Count(WriteSteps.Settled) == settled && clock.Elapsed < within)
        {
            await Life.Order();
            await market.Chain.Mine();
            await Task.Delay(Pace);
        }
        var block = (await market.Chain.Settled())[^1].Block;
        await market.Chain.Reorganise((int)((await market.Chain.Head()).Number - block + 1));
        DeepReorganisations++;
        foreach (var step in (string[])[WriteSteps.TakenBack, WriteSteps.Settled])
        {
            await KillAt(
                step,
                async () =>
                {
                    await market.Chain.Mine();
                    await Task.Delay(Pace);
                }
            );
        }
    }

    /// <summary>
    /// All that was begun comes to its end: jobs, requests, claims, and a settlement that says so. What does not is found by the rules.
    /// </summary>
    public async Task Drain()
    {
        // What was spent of a deposit that is lost is paid.
        await market.Chain.Deposit(market.Client.Owner, 100_000);
        var clock = Stopwatch.StartNew();
        for (var tries = 1; clock.Elapsed < DrainMax && !(await Life.AskAgain() && await IsQuiet()); tries++)
        {
            foreach (var party in market.Parties)
            {
                await Life.Withdraw(party);
                await Life.Claim(party);
                if (tries > WithdrawalTriesMax)
                {
                    await Life.Cancel(party);
                }
            }
            await market.Chain.Mine();
            await Task.Delay(Pace);
        }
    }

    private async Task KillAt(string step, Func<Task> live)
    {
        strike.Arm(step, market.Silo);
        var (before, refused) = (strike.Seen(), new Dictionary<string, int>(Life.Refused));
        var clock = Stopwatch.StartNew();
        while (!strike.IsDone && clock.Elapsed < within)
        {
            await live();
        }
        if (!strike.IsDone)
        {
            strike.Disarm();
        }
        // It may have come at this moment.
        if (!strike.IsDone)
        {
            _missed.Add(step);
            _violations.Add(
                $"'{step}' did not come within {within.TotalSeconds} s, so no silo was killed there. What came: "
                    + $"{More(before, strike.Seen())}. What the chain refused: {More(refused, Life.Refused)}. "
                    + $"The silo's settlement: {market.Steps.Settlement?.Open}"
            );
            return;
        }
        await market.Restart();
        Kills++;
        Exact += market.Later == 0 ? 1 : 0;
    }

    private static string More(IReadOnlyDictionary<string, int> before, IReadOnlyDictionary<string, int> now) =>
        string.Join(", ", now.Select(item => $"{item.Key} {item.Value - before.GetValueOrDefault(item.Key)} times"));

    private async Task Live(bool reorganises)
    {
        await Life.Act();
        await market.Chain.Mine();
        if (reorganises && chance.Next(ReorganisesOneOf) == 0)
        {
            await market.Chain.Reorganise(chance.Next(1, confirmations + 1));
            Reorganisations++;
        }
        await Task.Delay(Pace);
    }

    private async Task<bool> IsQuiet()
    {
        await using var client = market.Open();
        var account = await client.Account.Get();
        var status = await client.Settlement.Get();
        if (account.OpenJobs > 0 || status is not { State: SettlementState.Resting, Past: [var last, ..] } || last.Spent != account.Spent)
        {
            return false;
        }
        var earned = TokenAmount.Zero;
        foreach (var party in market.Parties)
        {
            var balance = await market.Chain.BalanceOf(party.Address);
            earned += balance.Claimed;
            if (!balance.Requested.IsZero || !market.Steps.IsBooked(party.Address, balance.Deposited - balance.Withdrawn))
            {
                return false;
            }
        }
        return earned == last.Earned && last.Earned == last.Spent && (await market.Chain.Last())?.Number == (ulong)last.Number;
    }
}
