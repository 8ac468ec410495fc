using System.Diagnostics;
using Marketplace.Crypto;
using Marketplace.Crypto.Tests;
using Marketplace.Testing;

namespace Marketplace.Verify.Checks;

/// <summary>
/// The official vectors of BLAKE3, over the public methods and over each path that this processor has, of Keccak-256, SHA-2, Ed25519,
/// X25519, ECDSA over secp256k1 (verified and signed) and BLS12-381; and of what is said to EVM chains.
/// </summary>
public static class VectorsCheck
{
    private static readonly int[] Lanes = [1, 4, 8, 16];

    public static Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var sets = new SortedDictionary<string, object>(StringComparer.Ordinal);
        var found = new List<string>();
        var absent = new List<string>();
        var (passed, total) = (0, 0);
        foreach (var (name, file, run) in Sets().Concat(ChainVectorSets.All()))
        {
            if (Vectors.Find(file) is not { } path)
            {
                absent.Add(name);
                Console.Error.WriteLine($"{name}: {file}: {Vectors.Missing}");
                continue;
            }
            var tally = run(path);
            Console.Error.WriteLine($"{name}: {tally}");
            sets.Add(name, new { tally.Passed, tally.Total });
            (passed, total) = (passed + tally.Passed, total + tally.Total);
            if (tally.Total == 0 || tally.Passed != tally.Total)
            {
                found.Add($"{name}: {tally}");
            }
        }
        // A folder that was named may hold some sets only, as one of cases that were kept back does; the usual one must hold all.
        if (sets.Count == 0 || (absent.Count > 0 && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Vectors.Variable))))
        {
            found.Add($"absent: {string.Join(", ", absent)}");
        }
        var line = new
        {
            Verify = "vectors",
            Sets = sets,
            Absent = absent,
            Passed = passed,
            Total = total,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return Task.FromResult(new VerifyResult(line, found));
    }

    private static IEnumerable<(string Name, string File, Func<string, VectorTally> Run)> Sets()
    {
        yield return ("blake3", Blake3Vectors.File, path => Blake3Vectors.Run(path));
        foreach (var lanes in Lanes.Where(lanes => lanes <= Blake3Subtree.LanesDetected))
        {
            yield return ($"blake3_lanes_{lanes}", Blake3Vectors.File, path => Blake3Vectors.Run(path, lanes));
        }
        yield return ("ed25519_sign_input", Ed25519Vectors.SignInputFile, Ed25519Vectors.RunSignInput);
        yield return ("ed25519_wycheproof", Ed25519Vectors.WycheproofFile, Ed25519Vectors.RunWycheproof);
        yield return ("ed25519_edge_cases", Ed25519Vectors.EdgeCasesFile, path => Ed25519Vectors.RunEdgeCases(path, out _));
        yield return ("keccak256", HashVectors.ChainFile, HashVectors.RunKeccak);
        yield return ("sha2", HashVectors.ChainFile, HashVectors.RunSha2);
        yield return ("sha256_nist_short", HashVectors.NistShortFile, HashVectors.RunNist);
        yield return ("sha256_nist_long", HashVectors.NistLongFile, HashVectors.RunNist);
        yield return ("secp256k1_der", Secp256k1Vectors.DerFile, Secp256k1Vectors.Run);
        yield return ("secp256k1_plain", Secp256k1Vectors.PlainFile, Secp256k1Vectors.Run);
        yield return ("secp256k1_bitcoin", Secp256k1Vectors.BitcoinFile, Secp256k1Vectors.Run);
        yield return ("secp256k1_sign_legacy", EthereumVectors.LegacyFile, EthereumVectors.RunLegacy);
        yield return ("secp256k1_sign_typed", EthereumVectors.TypedFile, EthereumVectors.RunTyped);
        yield return ("ethereum_addresses", EthereumVectors.AddressFile, EthereumVectors.RunAddresses);
        yield return ("x25519_wycheproof", X25519Vectors.WycheproofFile, X25519Vectors.RunWycheproof);
        yield return ("x25519_rfc7748", X25519Vectors.RfcFile, X25519Vectors.RunRfc);
        yield return ("bls_ethereum", BlsEthereumVectors.Folder, BlsEthereumVectors.Run);
        yield return ("bls_rfc9380", BlsOtherVectors.RfcFolder, BlsOtherVectors.RunRfc);
        yield return ("bls_eip2537", BlsPrecompileVectors.Folder, BlsPrecompileVectors.Run);
        yield return ("bls_wycheproof", BlsOtherVectors.WycheproofFolder, BlsOtherVectors.RunWycheproof);
        yield return ("bls_rogue_keys", BlsOtherVectors.RogueKeyFile, BlsOtherVectors.RunRogueKeys);
    }
}
