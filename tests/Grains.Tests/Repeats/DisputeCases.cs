using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using static Marketplace.Grains.Tests.Repeats.RepeatCases;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>The cases of disputes, of a job that two workers have run with different results.</summary>
internal static class DisputeCases
{
    private static readonly JobId Job = new(RepeatScene.Stranger.Value);

    public static Dictionary<string, RepeatCases.Case> All() =>
        new()
        {
            ["IDisputeGrain.Open"] = scene =>
                Call(() => Of(scene).Open(CaseOf(scene), Authority.Market), unjudged => string.Join(" ", unjudged)),
            ["IDisputeGrain.Decide"] = async scene =>
            {
                // As it is while a jury is asked, which takes a market that has one.
                var open = DisputeRules.Begin(DisputeRules.Open(CaseOf(scene), RepeatScene.At));
                await scene.Write(new DocumentKey(DisputeState.Kind, Job.ToString()), DisputeCodec.Write(open));
                var jurors = Enumerable.Range(0, DisputePolicy.Lead).Select(number => Cast(scene, $"juror {number}", "truth"));
                var verdict = new JuryVerdict([.. jurors], null);
                return Send(() => Of(scene).Decide(verdict, Authority.Market));
            },
            ["IMarketGrain.Try"] = scene =>
                Call(() =>
                    scene.Market.Try(
                        new Trial(
                            Ticket: TicketOf(scene),
                            Root: null,
                            Results: [],
                            Voters: [],
                            Owners: [],
                            SeatPriceMax: new TokenAmount(100),
                            Lead: DisputePolicy.Lead,
                            SeatsMax: DisputePolicy.SeatsMax
                        ),
                        Authority.Dispute
                    )
                ),
            ["IMarketGrain.CountJurors"] = scene => Call(() => scene.Market.CountJurors(Job), count => $"{count}"),
            ["IDisputeGrain.IsBeyondDoubt"] = async scene =>
            {
                await Of(scene).Open(CaseOf(scene), Authority.Market);
                return Send(() => Of(scene).IsBeyondDoubt(), isBeyond => $"{isBeyond}");
            },
            ["IDisputeGrain.GetRepaid"] = async scene =>
            {
                await Of(scene).Open(CaseOf(scene), Authority.Market);
                return Send(() => Of(scene).GetRepaid(), repaid => $"{repaid}");
            },
            ["IDisputeGrain.GetFile"] = async scene =>
            {
                await Of(scene).Open(CaseOf(scene), Authority.Market);
                return Send(
                    () => Of(scene).GetFile(scene.Caller),
                    file => $"{DisputeFile.Parse(file.Span).Dispute.State} {DisputeFile.Parse(file.Span).Dispute.Reason}"
                );
            },
        };

    private static IDisputeGrain Of(RepeatScene scene) => scene.Grains.GetGrain<IDisputeGrain>(Job.ToString());

    private static DisputeCase CaseOf(RepeatScene scene) =>
        new(TicketOf(scene), null, [Cast(scene, "liar", "lie"), Cast(scene, "seat", "truth")], Accepted: null);

    private static JobTicket TicketOf(RepeatScene scene) =>
        new(
            Job: Job,
            Account: RepeatScene.Client,
            Spec: TestMarket.Spec(scene.Program) with
            {
                Assurance = Assurance.Quorum(2, 2),
            },
            Module: scene.Blob,
            UsesState: false,
            SubmittedAt: RepeatScene.At,
            RequestId: "disputed"
        );

    private static CastVote Cast(RepeatScene scene, string worker, string output) =>
        CastVotes.Cast(TicketOf(scene), worker, output, price: 10, fuel: 500_000);
}
