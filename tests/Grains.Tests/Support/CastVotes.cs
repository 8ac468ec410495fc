using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Support;

/// <summary>What workers of tests give of a disputed job.</summary>
internal static class CastVotes
{
    /// <param name="ticket">The job.</param>
    /// <param name="worker">Whose key signs; its account earns.</param>
    /// <param name="output">Null: it timed out.</param>
    /// <param name="price">For a million fuel.</param>
    /// <param name="fuel">What it used.</param>
    public static CastVote Cast(JobTicket ticket, string worker, string? output, int price, long fuel)
    {
        var result = new CastResult(
            Outcome: output is null ? RunOutcome.TimedOut : RunOutcome.Completed,
            ExitCode: 0,
            FuelUsed: fuel,
            Output: output is null ? null : IdDerivation.Blob(Encoding.UTF8.GetBytes(output)),
            Files: [],
            Writes: default
        );
        var known = new KnownResult(default, result, TestKeys.Profile, null);
        var execution = Execution.Hash(JobExecutions.InvocationOf(ticket).Hash(), DisputeRules.ResultOf(known, null));
        var key = TestKeys.Of(worker);
        var digest = BatchDigest.OfExecutions(TestOwner.Domain, execution);
        return new CastVote(
            Worker: new WorkerId(key.PublicKey),
            PayTo: new AccountId(key.PublicKey),
            Price: new TokenAmount((UInt128)price),
            Execution: execution,
            Result: result,
            Signed: new RunSignature(TestKeys.Profile, null, key.Sign(digest.ToArray()), [], 0)
        );
    }
}
