using System.Numerics;
using Marketplace.Receipts;
using Marketplace.Verify.Receipts;

namespace Marketplace.Verify.Committees;

/// <summary>
/// Committees of every size that is sold: no set of members that falls short of the threshold by any member makes a certificate, whatever
/// its bitmap says, and each that reaches it does.
/// </summary>
internal sealed class ThresholdCheck(Random random)
{
    private readonly ReceiptKeys _keys = new(random);

    public int Refused { get; private set; }

    public int Taken { get; private set; }

    /// <summary>Of each size with equal weights, and with some unequal ones.</summary>
    public void Run(Receipt receipt, int rounds, List<string> violations)
    {
        for (var size = Assurance.CommitteeSeatsMin; size <= Assurance.CommitteeSeatsMax; size++)
        {
            for (var round = 0; round < rounds; round++)
            {
                Try(receipt, size, isEqual: round == 0, violations);
            }
        }
    }

    private void Try(Receipt receipt, int size, bool isEqual, List<string> violations)
    {
        CommitteeMember[] members =
        [
            .. _keys.Workers.Take(size).Select(worker => _keys.Member(worker, isEqual ? 1 : (UInt128)random.Next(1, 100))),
        ];
        random.Shuffle(members);
        var weights = members.Select(member => (int)member.Weight.BaseUnits).ToArray();
        var total = weights.Sum();
        // In a random order, until the threshold is reached: one member before, and with it.
        var (signers, weight) = (0ul, 0);
        foreach (var index in Enumerable.Range(0, size).OrderBy(_ => random.Next()).ToArray())
        {
            if (3 * (weight + weights[index]) > 2 * total)
            {
                var enough = signers | (1ul << index);
                Expect(receipt, members, enough, enough, holds: true, violations);
                Expect(receipt, members, said: signers, signers, holds: false, violations);
                // What those who are short of it may try: to say that one more has signed, or that one signed twice.
                Expect(receipt, members, said: enough, signers, holds: false, violations);
                Expect(receipt, members, said: (1ul << size) - 1, signers, holds: false, violations);
                Expect(receipt, members, said: enough | (1ul << size), enough, holds: false, violations);
                return;
            }
            signers |= 1ul << index;
            weight += weights[index];
        }
        violations.Add($"A committee of {size} reached no threshold with all of its members.");
    }

    private void Expect(Receipt receipt, CommitteeMember[] members, ulong said, ulong signers, bool holds, List<string> violations)
    {
        Seat[] seats = [.. members.Select(member => new Seat(member.Worker, TokenAmount.Zero)).OrderBy(seat => seat.Worker.Value)];
        var changed = receipt with
        {
            Assurance = Assurance.Committee(members.Length).ToString(),
            Seats = seats,
            Price = TokenAmount.Zero,
            Shares = [],
        };
        var file = _keys.Sign(changed) with { Certificate = _keys.Certify(changed, _keys.Domain, members, said, signers) };
        var broken = ReceiptChecks.Of(ReceiptFile.Parse(file.ToJson())).Where(check => check.Result == CheckResult.Broken).ToArray();
        if (holds ? broken.Length > 0 : broken is not [{ Name: "certificate" }])
        {
            var weights = string.Join(',', members.Select(member => member.Weight));
            violations.Add(
                $"A committee of {members.Length}: {signers:b} signed, of weights {weights}; "
                    + $"{said:b} is said to; {string.Join(' ', broken.Select(check => check.Finding))}"
            );
        }
        (Taken, Refused) = holds ? (Taken + 1, Refused) : (Taken, Refused + 1);
    }

    /// <summary>The rule in integers, for small weights and for great ones, beside the same rule told otherwise.</summary>
    public static void CompareRule(List<string> violations)
    {
        for (var total = 1; total <= 200; total++)
        {
            for (var weight = 0; weight <= total; weight++)
            {
                var others = total - weight;
                if (
                    CommitteeMember.IsEnough(weight, total) != (weight > 2 * others)
                    || CommitteeMember.IsEnough(weight * Great, total * Great) != (weight > 2 * others)
                )
                {
                    violations.Add($"{weight} of {total}: the rule of the threshold is another.");
                }
            }
        }
    }

    private static readonly BigInteger Great = BigInteger.Pow(2, 128);
}
