using System.Diagnostics;
using Marketplace.Chain;
using Marketplace.Testing;

namespace Marketplace.Verify.Contracts;

/// <summary>
/// Random calls of the market's contracts on a real EVM, beside a model in C# that says of each whether it succeeds, or the exact error,
/// and what is in the contracts then.
/// </summary>
internal static class ContractCheck
{
    /// <summary>Calls of one market; then the next is created, with another token.</summary>
    private const int MarketCalls = 1200;

    /// <summary>Keys that can be registered in one market.</summary>
    private const int Keys = 36;

    private const int Founders = 5;

    private static readonly string[] Tokens = ["plain", "reentrant", "fee", "lying", "blacklist"];

    private static readonly ModelTerms Terms = new()
    {
        EpochLength = 60,
        UnbondingDelay = 240,
        WithdrawalDelay = 3,
        ExitDelay = 300,
        // The least first deposit is 200 then, in the middle of what is deposited.
        StakeMin = 200_000,
        CommitteeMin = 3,
    };

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        if (!AnvilNode.IsInstalled)
        {
            return new VerifyResult(new { Verify = "contract", Violations = 1 }, [AnvilNode.Missing]);
        }
        var (calls, people, seed) = (arguments.Number("calls", 50_000), arguments.Number("actors", 10), arguments.Number("seed", 1));
        var tokens = arguments.Text("token") is { } named and not "all" ? [named] : Tokens;
        var clock = Stopwatch.StartNew();
        var token = await ContractSources.CompileToken();
        var escrow = await ContractMutants.EscrowOf(arguments.Text("without"));
        await using var node = await AnvilNode.Start(keepsHistory: false);
        using var client = new EvmClient(node);
        await client.Prepare();
        using var keys = new CommitteeKeys(Keys, seed);
        var tallies = new SortedDictionary<string, PlayTally>(StringComparer.Ordinal);
        var found = new List<string>();
        var (done, markets, callsBack) = (0, 0, 0);
        var began = clock.Elapsed;
        while (done < calls && found.Count == 0)
        {
            var kind = tokens[markets % tokens.Length];
            var chance = new Random(HashCode(seed, markets));
            var market = await EvmMarket.Deploy(client, Terms, token, escrow);
            var actors = new ContractActors(market, Terms, keys, people);
            await actors.Open();
            var play = new ContractPlay(market, actors, tallies);
            await Play(play, new Moves(market, actors, chance, kind), Math.Min(MarketCalls, calls - done));
            found.AddRange(play.Found.Select(violation => $"market {markets} of seed {seed}, token {kind}: {violation}"));
            (done, callsBack) = (done + play.Calls, callsBack + actors.World.Token.CallsBack);
            markets++;
            Console.Error.WriteLine($"{done} calls, {markets} markets, {clock.Elapsed.TotalSeconds:0} s");
        }
        if (found.Count == 0 && calls >= 20_000)
        {
            found.AddRange(
                tallies
                    .Where(tally => tally.Value.Succeeded == 0 && tally.Key != "compensate")
                    .Select(tally => $"{tally.Key} never succeeded")
            );
        }
        return new VerifyResult(
            new
            {
                Verify = "contract",
                Calls = done,
                Seed = seed,
                Markets = markets,
                Succeeded = tallies.Values.Sum(tally => tally.Succeeded),
                Kinds = tallies.ToDictionary(tally => tally.Key, tally => $"{tally.Value.Succeeded}/{tally.Value.Calls}"),
                CallsBack = callsBack,
                client.Transactions,
                client.Requests,
                Violations = found.Count,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
                CallsPerSecond = Math.Round(done / (clock.Elapsed - began).TotalSeconds, 1),
            },
            found
        );
    }

    private static int HashCode(int seed, int market) => (seed * 1_000_003) + market;

    private static async Task Play(ContractPlay play, Moves moves, int calls)
    {
        await play.Begin();
        foreach (var founder in moves.Founders(Founders))
        {
            await play.Do(founder);
        }
        await play.Wait(Terms.EpochLength);
        while (play.Calls < calls && !play.IsLost)
        {
            // The last part of a market's life is for leaving it.
            var isLate = play.Calls > calls * 4 / 5;
            if (moves.Waits(isLate) is { } seconds)
            {
                if (seconds == Terms.ExitDelay)
                {
                    await play.Do(moves.Welcome());
                }
                await play.Wait(seconds);
            }
            await play.Do(moves.Next(isLate));
        }
        await play.Flush();
    }

    /// <summary>What comes next.</summary>
    private sealed class Moves
    {
        private readonly Random _chance;
        private readonly AccountMoves _people;
        private readonly CommitteeMoves _committee;
        private readonly (int Weight, Func<PlayMove> Make)[] _all;

        public Moves(EvmMarket market, ContractActors actors, Random chance, string token)
        {
            _chance = chance;
            _people = new AccountMoves(market, actors, chance);
            _committee = new CommitteeMoves(market, actors, _people, chance);
            var mayLie = chance.Next(2) == 0;
            _all =
            [
                (14, _people.Deposit),
                (10, _people.Request),
                (2, _people.Cancel),
                (14, _people.Withdraw),
                (14, _people.Claim),
                (5, _people.ClaimToDeposit),
                (14, () => _committee.Settle(mayLie)),
                (3, () => _committee.Register(isRight: false)),
                (4, _committee.Increase),
                (4, _committee.Unbond),
                (4, _committee.WithdrawStake),
                (3, _committee.Slash),
                (1, _people.Close),
                (2, _people.Exit),
                (2, _people.ExitUnsettled),
                (1, _people.Compensate),
                (1, _people.Operator),
                .. token switch
                {
                    "plain" => [],
                    "reentrant" => [(10, _people.Arm)],
                    "fee" => [(3, () => _people.Manner([TokenManner.TakesFee]))],
                    "lying" => [(3, () => _people.Manner([TokenManner.AnswersFalse, TokenManner.MovesNothing]))],
                    "blacklist" => new (int, Func<PlayMove>)[] { (4, _people.Blacklist) },
                    _ => throw new ArgumentException($"There is no token '{token}': {string.Join(", ", Tokens)}, all."),
                },
            ];
        }

        /// <summary>Those who make the first committee.</summary>
        public IEnumerable<PlayMove> Founders(int count) => Enumerable.Range(0, count).Select(_ => _committee.Register(isRight: true));

        /// <summary>Somebody comes who is in no settlement yet.</summary>
        public PlayMove Welcome() => _people.Welcome();

        public ulong? Waits(bool isLate) =>
            _chance.Next(isLate ? 40 : 300) == 0 && isLate ? Terms.ExitDelay
            : _chance.Next(50) == 0 ? (ulong)_chance.Next(1, (int)Terms.EpochLength)
            : null;

        public PlayMove Next(bool isLate)
        {
            if (isLate && _chance.Next(4) == 0)
            {
                return _all[_chance.Next(12, 15)].Make();
            }
            var at = _chance.Next(_all.Sum(move => move.Weight));
            foreach (var (weight, make) in _all)
            {
                at -= weight;
                if (at < 0)
                {
                    return make();
                }
            }
            throw new InvalidOperationException("This is a bug in the check: the weights have no move.");
        }
    }
}
