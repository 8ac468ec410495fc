using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using static Marketplace.Grains.Tests.Repeats.RepeatCases;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>The cases of committees' epochs.</summary>
internal static class CommitteeCases
{
    public static Dictionary<string, RepeatCases.Case> All() =>
        new()
        {
            ["ICommitteeGrain.Register"] = scene =>
            {
                var voter = new TestVoter("a worker that serves");
                return Call(() => Committees(scene).Register(voter.Worker, voter.Key, Authority.Worker));
            },
            ["ICommitteeGrain.GetCurrent"] = scene => Call(() => Committees(scene).GetCurrent(), Show),
            ["ICommitteeGrain.Get"] = scene => Call(() => Committees(scene).Get(1), Show),
            ["ICommitteeGrain.GetCollection"] = scene => Call(() => Committees(scene).GetCollection(), collection => $"{collection}"),
            ["ICommitteeGrain.Share"] = scene =>
                Call(() => Committees(scene).Share(RepeatScene.Offer.Worker, new CommitteeShare(1, new byte[96]), Authority.Market)),
            ["ICommitteeGrain.List"] = scene => Call(() => Committees(scene).List(), epochs => $"{epochs.Length}"),
            ["ICertificateGrain.Put"] = scene => Call(() => Certificates(scene).Put(Certificate(), Authority.Market)),
            ["ICertificateGrain.Get"] = async scene =>
            {
                await Certificates(scene).Put(Certificate(), Authority.Market);
                return Send(() => Certificates(scene).Get(), certificate => $"{certificate?.Epoch} {certificate?.Signers}");
            },
            ["ICertificateGrain.Join"] = async scene =>
            {
                await Certificates(scene).Put(Certificate(), Authority.Market);
                return Send(() => Certificates(scene).Join(1, Authority.Market));
            },
            ["ICertificateGrain.Prove"] = async scene =>
            {
                await Certificates(scene).Put(Certificate(), Authority.Market);
                await scene.ComeToRest();
                return Send(() => Certificates(scene).Prove(scene.Caller), proof => $"{LedgerLines.ParseBatch(proof.Span).Root}");
            },
            ["IBatchesGrain.Announce"] = scene =>
                Call(() => scene.Grains.GetGrain<IBatchesGrain>(MarketLimits.BatchesKey).Announce(Authority.Market)),
            ["IMarketGrain.Settle"] = scene =>
                Call(() => scene.Market.Settle(RepeatScene.Offer.Worker, new SettlementVote(1, 1, new byte[96]))),
            ["IMarketGrain.Vote"] = scene => Call(() => scene.Market.Vote(RepeatScene.Offer.Worker, [new WindowVote(1, new byte[96])], [])),
            ["IJobGrain.Propose"] = async scene =>
            {
                var job = await scene.Submit("one", scene.Program);
                return Send(() => scene.Job(job).Propose(RepeatScene.End(), 1, Authority.Market), proposal => $"{proposal?.Receipt}");
            },
            ["ICommitteeGrain.GetFile"] = scene => Call(() => Committees(scene).GetFile(1), file => $"{file.Length}"),
        };

    private static ICertificateGrain Certificates(RepeatScene scene) =>
        scene.Grains.GetGrain<ICertificateGrain>(default(Bytes32).ToString());

    private static BatchCertificate Certificate()
    {
        var voter = new TestVoter("a worker that has signed");
        return new(1, [new RosterMember(voter.Worker, voter.Key, new TokenAmount(1))], Signers: 1, new byte[96]);
    }

    private static string Show(EpochRoster? roster) => $"{roster?.Epoch}";

    private static ICommitteeGrain Committees(RepeatScene scene) => scene.Grains.GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey);
}
