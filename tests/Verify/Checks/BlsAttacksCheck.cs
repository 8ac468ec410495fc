using System.Diagnostics;
using System.Numerics;
using Marketplace.Crypto;
using Marketplace.Crypto.Tests;
using Marketplace.Testing;

namespace Marketplace.Verify.Checks;

/// <summary>
/// What BLS implementations fell to: keys made of other keys, encodings that are none, points outside of the subgroup, infinity; and
/// fewer signers of a committee than its threshold, for every size to 16.
/// </summary>
public static class BlsAttacksCheck
{
    private const int CommitteeMax = 16;

    private static readonly byte[] Message = [.. "a receipt"u8];

    public static Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var found = new List<string>();
        var (rogue, traps, thresholds, forged) = (new VectorTally(), new VectorTally(), new VectorTally(), new VectorTally());
        if (Vectors.Find(BlsOtherVectors.RogueKeyFile) is { } path)
        {
            rogue = BlsOtherVectors.RunRogueKeys(path);
        }
        else
        {
            found.Add($"{BlsOtherVectors.RogueKeyFile}: {Vectors.Missing}");
        }
        ForgeRogueKeys(forged);
        BlsTraps.Run(traps);
        TryThresholds(thresholds);
        foreach (var (name, tally) in new[] { ("rogue keys", rogue), ("forged", forged), ("traps", traps), ("thresholds", thresholds) })
        {
            Console.Error.WriteLine($"{name}: {tally}");
            if (tally.Passed != tally.Total)
            {
                found.Add($"{name}: {tally}");
            }
        }
        var line = new
        {
            Verify = "blsattacks",
            RogueKeys = new { rogue.Passed, rogue.Total },
            ForgedRogueKeys = new { forged.Passed, forged.Total },
            Traps = new { traps.Passed, traps.Total },
            Thresholds = new { thresholds.Passed, thresholds.Total },
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return Task.FromResult(new VerifyResult(line, found));
    }

    /// <summary>
    /// The attack made here: a G1 - (sum of the victims) as a late joiner's key, whose sum with theirs the attacker signs for alone. No
    /// proof that the attacker can make passes.
    /// </summary>
    private static void ForgeRogueKeys(VectorTally tally)
    {
        for (var count = 1; count <= CommitteeMax; count++)
        {
            var victims = Keys(count);
            using var own = Key(1_000 + count);
            var sum = BlsPoint<Fp>.Infinity;
            foreach (var victim in victims)
            {
                BlsPoint<Fp>.Add(in sum, victim.PublicKey.Point, out sum);
            }
            BlsPoint<Fp>.Subtract(own.PublicKey.Point.ToPoint(), in sum, out var rogue);
            var rogueKey = BlsPublicKey.From(rogue.ToAffine());
            var forgery = own.Sign(Message);
            var unproven = victims.Select(victim => victim.PublicKey).Append(rogueKey);
            BlsSignature[] proofs =
            [
                own.ProvePossession(),
                own.Sign(rogueKey.Bytes, Bls.PossessionTag),
                own.Sign(rogueKey.Bytes),
                .. victims.Select(victim => victim.ProvePossession()),
            ];
            tally.Add(
                $"{count} victims",
                Bls.FastAggregateVerify([.. unproven.Select(key => ProvenBlsPublicKey.FromTrustedStorage(key.Bytes))], Message, forgery)
                    && proofs.All(proof => !Bls.TryProvePossession(rogueKey, proof, out _))
            );
        }
    }

    /// <summary>
    /// For all n and t: t signers are enough; t - 1 are not, whatever bits they set, with a signature of theirs counted twice, or with one
    /// of a stranger.
    /// </summary>
    private static void TryThresholds(VectorTally tally)
    {
        var keys = Keys(CommitteeMax);
        var proven = keys.Select(Prove).ToArray();
        var signatures = keys.Select(key => key.Sign(Message)).ToArray();
        using var outsider = Key(2_000);
        var stranger = outsider.Sign(Message);
        for (var n = 1; n <= CommitteeMax; n++)
        {
            for (var t = 1; t <= n; t++)
            {
                var committee = new BlsCommittee(proven.AsSpan(0, n), t);
                var enough = Bls.Aggregate(signatures.AsSpan(0, t));
                tally.Add($"{t} of {n}", committee.Verify(Bits(t), Message, enough));
                var few = t == 1 ? stranger : Bls.Aggregate(signatures.AsSpan(0, t - 1));
                var twice = t == 1 ? stranger : Bls.Aggregate([.. signatures.AsSpan(0, t - 1), signatures[0]]);
                var strange = Bls.Aggregate([.. signatures.AsSpan(0, t - 1), stranger]);
                foreach (var bits in new[] { Bits(t - 1), Bits(t), Bits(n), Bits(t - 1) | 1UL << (n - 1), Bits(t - 1) | 1UL << n })
                {
                    var accepted = new[] { few, twice, strange }.Count(signature => committee.Verify(bits, Message, signature));
                    tally.Add($"{t - 1} of {n}, bits {bits:b}", accepted == 0);
                }
            }
        }
    }

    private static ulong Bits(int count) => (1UL << count) - 1;

    private static BlsSecretKey[] Keys(int count) => [.. Enumerable.Range(1, count).Select(Key)];

    private static BlsSecretKey Key(int number)
    {
        var seed = new byte[BlsSecretKey.SeedSizeMin];
        new BigInteger(number).TryWriteBytes(seed, out _);
        return BlsSecretKey.FromSeed(seed);
    }

    private static ProvenBlsPublicKey Prove(BlsSecretKey key) =>
        Bls.TryProvePossession(key.PublicKey, key.ProvePossession(), out var proven)
            ? proven
            : throw new InvalidOperationException("A key's own proof does not verify.");
}
