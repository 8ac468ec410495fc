using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using static Marketplace.Grains.Tests.Repeats.RepeatCases;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>The cases of signed history.</summary>
internal static class LedgerCases
{
    private static readonly LedgerChange Change = LedgerChanges.Offered(RepeatScene.Offer, RepeatScene.At);

    public static Dictionary<string, RepeatCases.Case> All() =>
        new()
        {
            ["ILedgerGrain.Append"] = scene => Call(() => Ledger(scene).Append([Change], Authority.Worker)),
            ["ILedgerGrain.AppendSigned"] = async scene =>
            {
                var key = TestKeys.Of("a worker that signs");
                var ledger = LedgerName.Of(new WorkerId(key.PublicKey)).ToString();
                var head = LedgerLines.ParseHead((await scene.Grains.GetGrain<ILedgerGrain>(ledger).GetHead(scene.Operator)).Span);
                var operation = new LedgerOperation
                {
                    Namespace = head.Head.Namespace,
                    Author = key.PublicKey,
                    Epoch = 1,
                    Sequence = 1,
                    Change = Change.Change,
                    Kind = Change.Kind,
                    Subject = [.. Change.Words.Select(word => new LedgerWord(word.Name, word.Value))],
                    Time = Change.Time,
                };
                var statement = new LedgerStatement(key.PublicKey, 1, 1, Change, key.Sign(operation.Digest(head.Domain).ToArray()));
                return Send(
                    () => scene.Grains.GetGrain<ILedgerGrain>(ledger).AppendSigned(statement, Authority.Worker),
                    place => $"{place}"
                );
            },
            ["ILedgerGrain.GetHead"] = scene =>
                Call(() => Own(scene).GetHead(scene.Caller), head => $"{LedgerLines.ParseHead(head.Span).Head.Root}"),
            ["ILedgerGrain.List"] = scene => Call(() => Own(scene).List(scene.Caller, 0, 10), lines => $"{lines.Length}"),
            ["ILedgerGrain.Prove"] = scene => Call(() => Own(scene).Prove(scene.Caller, 0, 1), Show),
            ["ILedgerGrain.ProveBeginning"] = scene => Call(() => Own(scene).ProveBeginning(scene.Caller, 0, 1), Show),
            ["ILedgerGrain.FindNewest"] = async scene =>
            {
                await Ledger(scene).Append([Change], Authority.Worker);
                return Send(() => Ledger(scene).FindNewest(LedgerKinds.Offer), newest => $"{newest?.Index}");
            },
        };

    private static ILedgerGrain Ledger(RepeatScene scene) =>
        scene.Grains.GetGrain<ILedgerGrain>(LedgerName.Of(RepeatScene.Offer.Worker).ToString());

    /// <summary>Has the client's key.</summary>
    private static ILedgerGrain Own(RepeatScene scene) => scene.Grains.GetGrain<ILedgerGrain>(LedgerName.Of(RepeatScene.Client).ToString());

    private static string Show(ReadOnlyMemory<byte> proof) => System.Text.Encoding.UTF8.GetString(proof.Span);
}
