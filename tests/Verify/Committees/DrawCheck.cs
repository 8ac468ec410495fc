using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Marketplace.Receipts;
using Marketplace.Verify.Receipts;

namespace Marketplace.Verify.Committees;

/// <summary>
/// Epochs of random lists, drawn here and by a script that was written from COMMITTEE.md alone; and how often each is drawn.
/// </summary>
internal sealed class DrawCheck(Random random)
{
    private const int WorkersMax = 24;
    private const int BlsKeySize = 48;
    private const int BlsSignatureSize = 96;
    private const int SignatureSize = 64;

    /// <summary>
    /// Standard deviations that a frequency may be away from its probability. Of right draws one frequency in two million is: a run of this
    /// check has about a hundred, from a seed.
    /// </summary>
    private const double DeviationsMax = 5;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>The greatest deviation that was seen.</summary>
    public double Deviations { get; private set; }

    /// <param name="folder">Where the script and its packages are.</param>
    /// <returns>How many epochs were drawn by both.</returns>
    public async Task<int> CompareWithScript(string folder, int count, List<string> violations)
    {
        var epochs = Enumerable.Range(0, count).Select(_ => Epoch()).ToArray();
        var path = Path.Combine(folder, "epochs");
        await File.WriteAllLinesAsync(path, epochs.Select(epoch => JsonSerializer.Serialize(epoch.Shown(), Options)));
        var end = await Programs.Run(folder, "node", "draw.mjs", path);
        var answers = end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (end.Code != 0 || answers.Length != count)
        {
            violations.Add($"The script ended with {end.Code} after {answers.Length} epochs: {end.Error}");
            return 0;
        }
        for (var index = 0; index < count; index++)
        {
            var answer = JsonElement.Parse(answers[index]);
            var theirs = answer.GetProperty("committee").EnumerateArray().Select(place => place.GetInt32());
            var isSame = answer.GetProperty("randomness").GetString() == epochs[index].Randomness().ToString();
            if (!isSame || !theirs.SequenceEqual(epochs[index].Drawn()))
            {
                violations.Add(
                    $"Epoch {index}: {string.Join(',', epochs[index].Drawn())} was drawn here; the script says {answers[index]}."
                );
            }
        }
        return count;
    }

    /// <summary>
    /// Workers of very unequal stakes: how often each is the first of a committee and how often in it, beside the exact probabilities.
    /// </summary>
    public void CompareFrequencies(int draws, List<string> violations)
    {
        const int Size = 4;
        int[] weights = [400, 200, 100, 100, 80, 50, 40, 20, 5, 4, 1];
        var members = weights.Select((weight, index) => Member(index, (UInt128)weight)).ToArray();
        var (first, within) = (new int[weights.Length], new int[weights.Length]);
        for (var draw = 0; draw < draws; draw++)
        {
            var drawn = CommitteeDraw.Of(AnyWord(), members, Size);
            first[Array.IndexOf(members, drawn[0])]++;
            foreach (var member in drawn)
            {
                within[Array.IndexOf(members, member)]++;
            }
        }
        var chances = Within(weights, Size);
        for (var index = 0; index < weights.Length; index++)
        {
            Compare($"worker {index} first", first[index], draws, (double)weights[index] / weights.Sum(), violations);
            Compare($"worker {index} drawn", within[index], draws, chances[index], violations);
        }
    }

    /// <summary>Committees of equal weights of which some workers lie: how often they fall, beside <see cref="CommitteeOdds"/>.</summary>
    public void CompareOdds(int draws, List<string> violations)
    {
        const int Workers = 20;
        const int Liars = 6;
        var members = Enumerable.Range(0, Workers).Select(index => Member(index, 7)).ToArray();
        var liars = members.Take(Liars).ToHashSet();
        for (var size = Assurance.CommitteeSeatsMin; size <= Assurance.CommitteeSeatsMax; size++)
        {
            var (lied, stopped) = (0, 0);
            for (var draw = 0; draw < draws; draw++)
            {
                var seated = CommitteeDraw.Of(AnyWord(), members, size).Count(liars.Contains);
                lied += CommitteeOdds.CanLie(seated, size) ? 1 : 0;
                stopped += CommitteeOdds.CanStop(seated, size) ? 1 : 0;
            }
            var (lie, stop) = (Odds(CommitteeOdds.CanLie), Odds(CommitteeOdds.CanStop));
            Compare($"committees of {size} that can lie", lied, draws, lie, violations);
            Compare($"committees of {size} that can be stopped", stopped, draws, stop, violations);

            double Odds(Func<int, int, bool> falls)
            {
                var (part, whole) = CommitteeOdds.OfWorkers(Workers, Liars, size, falls);
                return part.IsZero ? 0 : Math.Exp(BigInteger.Log(part) - BigInteger.Log(whole));
            }
        }
    }

    private void Compare(string what, int seen, int draws, double chance, List<string> violations)
    {
        var deviation = Math.Sqrt(draws * chance * (1 - chance));
        // Below some ten expected cases a normal distribution says little; one more or less is then no sign.
        var away = Math.Abs(seen - (draws * chance)) / Math.Max(deviation, 1);
        Deviations = Math.Max(Deviations, away);
        if (away > DeviationsMax)
        {
            violations.Add(string.Create(CultureInfo.InvariantCulture, $"{what}: {seen} of {draws}; expected are {draws * chance:f1}."));
        }
    }

    /// <summary>How likely each is among the first, by adding up the ways to draw each set: for few workers only.</summary>
    private static double[] Within(int[] weights, int size)
    {
        var ways = new double[1 << weights.Length];
        ways[0] = 1;
        var chances = new double[weights.Length];
        for (var set = 0; set < ways.Length; set++)
        {
            var drawn = BitOperations.PopCount((uint)set);
            double left = Enumerable.Range(0, weights.Length).Where(index => (set >> index & 1) == 0).Sum(index => weights[index]);
            for (var index = 0; index < weights.Length && drawn < size; index++)
            {
                if ((set >> index & 1) == 0)
                {
                    ways[set | (1 << index)] += ways[set] * weights[index] / left;
                }
            }
            for (var index = 0; index < weights.Length && drawn == size; index++)
            {
                chances[index] += (set >> index & 1) == 1 ? ways[set] : 0;
            }
        }
        return chances;
    }

    private DrawnEpoch Epoch()
    {
        var workers = Enumerable.Range(0, random.Next(1, WorkersMax)).Select(_ => AnyWord()).Order().ToArray();
        CommitteeMember[] members =
        [
            .. workers.Select(worker => new CommitteeMember
            {
                Worker = new WorkerId(worker),
                BlsKey = AnyDigits(BlsKeySize),
                Possession = AnyDigits(BlsSignatureSize),
                Registration = AnyDigits(SignatureSize),
                Weight = new TokenAmount(AnyWeight()),
            }),
        ];
        string?[] shares = [.. members.Select(_ => random.Next(5) == 0 ? null : AnyDigits(BlsSignatureSize))];
        var epoch = random.Next(4) == 0 ? ulong.MaxValue : (ulong)random.NextInt64();
        return new DrawnEpoch(AnyWord(), epoch, members, shares, random.Next(1, Assurance.CommitteeSeatsMax + 1));
    }

    private UInt128 AnyWeight() =>
        random.Next(5) switch
        {
            0 => 1,
            1 => UInt128.MaxValue,
            _ => 1 + ((UInt128)random.NextInt64() << random.Next(64)),
        };

    private CommitteeMember Member(int index, UInt128 weight) =>
        new()
        {
            Worker = new WorkerId(new Bytes32([.. BitConverter.GetBytes(index), .. new byte[Bytes32.Size - sizeof(int)]])),
            BlsKey = "",
            Possession = "",
            Registration = "",
            Weight = new TokenAmount(weight),
        };

    private string AnyDigits(int size)
    {
        var bytes = new byte[size];
        random.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private Bytes32 AnyWord() => Bytes32.Parse(AnyDigits(Bytes32.Size));

    private sealed record DrawnEpoch(Bytes32 Market, ulong Number, CommitteeMember[] Members, string?[] Shares, int Size)
    {
        private MarketDomain Domain => new(Market);

        public Bytes32 Randomness() => EpochRandomness.Mix(Domain, Number, Members, Shares);

        public IEnumerable<int> Drawn() =>
            EpochRandomness.Committee(Domain, Number, Members, Shares, Size).Select(member => Array.IndexOf(Members, member));

        public object Shown() =>
            new
            {
                Market = Market.ToString(),
                Epoch = Number.ToString(CultureInfo.InvariantCulture),
                Members = Members.Select(member => new
                {
                    Worker = member.Worker.ToString(),
                    member.BlsKey,
                    member.Possession,
                    member.Registration,
                    Weight = member.Weight.ToString(),
                }),
                Shares = Shares.Select(share => share ?? ""),
                Size,
            };
    }
}
