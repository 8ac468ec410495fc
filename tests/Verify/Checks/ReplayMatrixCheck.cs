using Marketplace.Testing;
using Marketplace.Tests.Worker.Replays;
using Marketplace.Verify.Contracts;

namespace Marketplace.Verify.Checks;

/// <summary>A signature of any kind, tried where what it was made for is another.</summary>
internal static class ReplayMatrixCheck
{
    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        using var matrix = new ReplayMatrix();
        var (kinds, cases, taken) = matrix.Run();
        using var replays = new ChainReplays();
        var chain = replays.Run();
        var contracts = await ByContracts(arguments.Text("without"));
        string[] all = [.. taken, .. chain.Taken, .. contracts?.Taken ?? []];
        var line = new
        {
            Verify = "replaymatrix",
            Kinds = kinds + chain.Kinds + (contracts?.Kinds ?? 0),
            Cases = cases + chain.Cases + (contracts?.Cases ?? 0),
            Refused = cases + chain.Cases + (contracts?.Cases ?? 0) - all.Length,
            OfChain = chain.Cases,
            ByContracts = contracts?.Cases,
            Violations = all.Length,
        };
        return new VerifyResult(line, all);
    }

    /// <summary>Null: there is no node here.</summary>
    private static async Task<ReplayTally?> ByContracts(string? without)
    {
        if (!AnvilNode.IsInstalled)
        {
            Console.Error.WriteLine(AnvilNode.Missing);
            return null;
        }
        await using var node = await AnvilNode.Start();
        return await ContractReplays.Run(node, without);
    }
}
