using System.Text.Json;
using Marketplace.Benchmarks.Crypto;

namespace Marketplace.Benchmarks;

/// <summary>What proofs cost: each level of certainty, a BLS signature, and the state tree, in one line at the end.</summary>
internal static class ReceiptsBenchmark
{
    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var committeeJobsPerS = await AssuranceBenchmark.Measure(arguments);
        var bls = BlsBenchmark.Measure(arguments.Number("rounds", 400));
        var state = await StateBenchmark.Measure(arguments);
        var line = new
        {
            Bench = "receipts",
            CommitteeJobsPerS = committeeJobsPerS,
            BlsSignUs = bls.SignUs,
            BlsVerifyUs = bls.VerifyUs,
            StateUpdatesPerS = state.UpdatedKeysPerS,
            state.ProofUs,
        };
        Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
        return 0;
    }
}
