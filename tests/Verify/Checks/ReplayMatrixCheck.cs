using Marketplace.Tests.Worker.Replays;

namespace Marketplace.Verify.Checks;

/// <summary>A signature of any kind, tried where what it was made for is another.</summary>
public static class ReplayMatrixCheck
{
    public static Task<VerifyResult> Run(VerifyArguments arguments)
    {
        using var matrix = new ReplayMatrix();
        var (kinds, cases, taken) = matrix.Run();
        var line = new
        {
            Verify = "replaymatrix",
            Kinds = kinds,
            Cases = cases,
            Refused = cases - taken.Count,
            Violations = taken.Count,
        };
        return Task.FromResult(new VerifyResult(line, taken));
    }
}
