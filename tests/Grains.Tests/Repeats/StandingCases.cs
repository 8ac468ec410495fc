using Marketplace.GrainInterfaces;
using static Marketplace.Grains.Tests.Repeats.RepeatCases;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>The cases of reputations and stakes, and of what accounts refuse.</summary>
internal static class StandingCases
{
    public static Dictionary<string, RepeatCases.Case> All() =>
        new()
        {
            ["IAccountGrain.GetRefusals"] = scene => Call(() => scene.Account.GetRefusals(scene.Caller), Show),
            ["IAccountGrain.SetRefusals"] = scene =>
                Call(
                    () =>
                        scene.Account.SetRefusals(
                            scene.Caller,
                            new GrainInterfaces.RefusalList([RepeatScene.Offer.Worker], [RepeatScene.Payee])
                        ),
                    Show
                ),
            ["IReputationGrain.Get"] = scene => Call(() => scene.Reputation.Get(scene.Operator), Show),
            ["IReputationGrain.Record"] = scene =>
                Call(() => scene.Reputation.Record(RepeatScene.Outcomes, Authority.Market), standing => $"{standing}"),
            ["IReputationGrain.SetMaintenance"] = scene => Call(() => scene.Reputation.SetMaintenance(scene.Operator, true), Show),
            ["IReputationGrain.Appeal"] = async scene =>
            {
                await scene.Reputation.Record(RepeatScene.Outcomes, Authority.Market);
                return Send(() => scene.Reputation.Appeal(scene.Operator, RepeatScene.Appeal), Show);
            },
            ["IReputationGrain.Decide"] = async scene =>
            {
                await scene.Reputation.Record(RepeatScene.Outcomes, Authority.Market);
                await scene.Reputation.Appeal(scene.Operator, RepeatScene.Appeal);
                var decision = new AppealDecision(RepeatScene.Appeal.RequestId, Granted: true, "so it was");
                return Send(() => scene.Reputation.Decide(scene.Operator, decision), Show);
            },
            ["IReputationGrain.Stake"] = scene => Call(() => scene.Reputation.Stake(scene.Caller, RepeatScene.AtStake), Show),
            ["IReputationGrain.Unstake"] = async scene =>
            {
                await scene.Reputation.Stake(scene.Caller, RepeatScene.AtStake);
                return Send(() => scene.Reputation.Unstake(scene.Caller, [RepeatScene.AtStake.RequestId]), Show);
            },
            ["IReputationGrain.FindAtStake"] = scene => Call(() => scene.Reputation.FindAtStake(), amount => $"{amount}"),
            ["IReputationGrain.Slash"] = async scene =>
            {
                await scene.Reputation.Stake(scene.Caller, RepeatScene.AtStake);
                var order = new SlashOrder(
                    Dispute: new JobId(RepeatScene.Payee.Value),
                    At: RepeatScene.At,
                    Amount: new TokenAmount(RepeatScene.AtStake.Amount.BaseUnits - 1),
                    Payees: [new PayeeAmount(RepeatScene.Payee, new TokenAmount(1))],
                    Rest: RepeatScene.Payee,
                    Price: RepeatScene.AtStake.Amount
                );
                return Send(() => scene.Reputation.Slash(order, Authority.Dispute), outcome => $"{outcome}");
            },
            ["IReputationGrain.Clear"] = async scene =>
            {
                await scene.Reputation.Record(RepeatScene.Outcomes, Authority.Market);
                return Send(() => scene.Reputation.Clear(RepeatScene.Outcomes.Faults[0].Job, RepeatScene.At, Authority.Dispute));
            },
        };

    /// <summary>What disputes freeze, and what is paid of stakes that stay.</summary>
    public static Dictionary<string, RepeatCases.Case> OfDisputes() =>
        new()
        {
            ["IReputationGrain.FreezeFor"] = async scene =>
            {
                await scene.Reputation.Stake(scene.Caller, RepeatScene.AtStake);
                return Send(() => Freeze(scene), amount => $"{amount}");
            },
            ["IReputationGrain.Thaw"] = async scene =>
            {
                await scene.Reputation.Stake(scene.Caller, RepeatScene.AtStake);
                await Freeze(scene);
                return Send(() => scene.Reputation.Thaw(new JobId(RepeatScene.Payee.Value), Authority.Dispute));
            },
            ["IAccountGrain.ChargeHold"] = async scene =>
            {
                await scene.Account.SetAside(scene.Caller, RepeatScene.Stake, new TokenAmount(7), RepeatScene.At);
                var charge = new HoldCharge(RepeatScene.Stake, RepeatScene.At, 1, [new PayeeAmount(RepeatScene.Payee, new TokenAmount(3))]);
                return Send(() => scene.Account.ChargeHold(charge, Authority.Reputation));
            },
        };

    private static Task<TokenAmount> Freeze(RepeatScene scene) =>
        scene.Reputation.FreezeFor(new JobId(RepeatScene.Payee.Value), RepeatScene.At + TimeSpan.FromDays(1), Authority.Dispute);

    private static string Show(GrainInterfaces.RefusalList refusals) =>
        $"{string.Join(' ', refusals.Workers)} {string.Join(' ', refusals.Owners)}";

    private static string Show(ReputationView view) =>
        $"{view.Standing} {view.Kept} {view.Faulted} {view.Faults.Length} "
        + string.Concat(view.Stakes.Select(stake => $"{stake.RequestId} {stake.Amount} {stake.Phase} "))
        + string.Join(' ', view.Appeals.Select(appeal => $"{appeal.RequestId} {appeal.Decision}"));
}
