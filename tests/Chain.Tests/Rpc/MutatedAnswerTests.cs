using System.Globalization;

namespace Marketplace.Chain.Tests;

/// <summary>Honest answers of which a few characters are others are refused as <see cref="RpcException"/>, or mean something.</summary>
public sealed class MutatedAnswerTests
{
    private const int Rounds = 3000;
    private const string Characters = "\"{}[]:,0123456789abcdefx\\ \u00e9\ud7ff";

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private static readonly SignedTransaction Transaction = SampleTransactions.Sign(nonce: 7);

    private static readonly Func<IEvmRpc, Task>[] Questions =
    [
        rpc => rpc.GetHead(HeadKind.Latest, Cancel),
        rpc => rpc.GetHeaders(18, 3, Cancel),
        rpc => rpc.FindReceipt(SampleChain.TransactionHash, Cancel),
        rpc => rpc.GetLogs(SampleChain.Filter, Cancel),
        rpc => rpc.Call(new EvmCall { To = SampleChain.Contract }, BlockId.Of(5), Cancel),
        rpc => rpc.GetFeeHistory(10, 2, [50, 90], Cancel),
        rpc => rpc.Send(Transaction, Cancel),
    ];

    [Fact]
    public async Task MutatedAnswers_AreRefusedOrMeanSomething()
    {
        await using var rig = new RpcRig();
        var random = new Random(1);
        rig.Node.TwistText = text => Mutate(text, random);
        var taken = 0;
        for (var round = 0; round < Rounds; round++)
        {
            try
            {
                await Questions[round % Questions.Length](new FailoverRpc(rig.Options));
                taken++;
            }
            catch (RpcException refused)
            {
                Assert.True(refused.Endpoint == rig.Node.Endpoint.Name, string.Create(CultureInfo.InvariantCulture, $"{round}: {refused}"));
            }
        }
        Assert.InRange(taken, 50, Rounds - 500);
    }

    private static string Mutate(string text, Random random)
    {
        for (var change = random.Next(3); change >= 0; change--)
        {
            var at = random.Next(text.Length);
            var end = Math.Min(text.Length, at + random.Next(4));
            text = random.Next(3) switch
            {
                0 => string.Concat(text.AsSpan(0, at), text.AsSpan(end)),
                1 => text.Insert(at, text[at..end]),
                _ => string.Concat(text.AsSpan(0, at), Characters.AsSpan(random.Next(Characters.Length), 1), text.AsSpan(end)),
            };
        }
        return text;
    }
}
