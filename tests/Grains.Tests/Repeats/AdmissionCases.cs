using Marketplace.GrainInterfaces;
using static Marketplace.Grains.Tests.Repeats.RepeatCases;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>The cases of workers that ask to be let in.</summary>
internal static class AdmissionCases
{
    private static readonly AdmissionOrder Yes = new("yes", Admitted: true, "ours");

    public static Dictionary<string, RepeatCases.Case> All() =>
        new()
        {
            ["IAdmissionGrain.Ask"] = scene => Call(() => Ask(scene)),
            ["IAdmissionGrain.FindDecision"] = scene =>
                Call(() => Of(scene).FindDecision(RepeatScene.Offer.Worker), decision => $"{decision?.Order}"),
            ["IAdmissionGrain.FindRefused"] = scene => Call(() => Of(scene).FindRefused(0), refused => $"{refused?.Revision}"),
            ["IAdmissionGrain.List"] = async scene =>
            {
                await Ask(scene);
                return Send(
                    () => Of(scene).List(scene.Operator, GrainInterfaces.AdmissionState.Waiting),
                    views => string.Join(' ', views.Select(view => view.Facts))
                );
            },
            ["IAdmissionGrain.Decide"] = async scene =>
            {
                await Ask(scene);
                return Send(
                    () => Of(scene).Decide(scene.Operator, RepeatScene.Offer.Worker, Yes),
                    view => $"{view.Decision!.Order} {view.Decision.By}"
                );
            },
        };

    private static Task Ask(RepeatScene scene) =>
        Of(scene).Ask(new GrainInterfaces.AdmissionRequest(RepeatScene.Offer, "10.0.0.1"), Authority.Gateway);

    private static IAdmissionGrain Of(RepeatScene scene) => scene.Grains.GetGrain<IAdmissionGrain>(MarketLimits.AdmissionsKey);
}
