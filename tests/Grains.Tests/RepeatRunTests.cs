using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Repeats;

namespace Marketplace.Grains.Tests;

/// <summary>The grains' part of <c>verify idempotency</c>.</summary>
public sealed class RepeatRunTests
{
    [Fact]
    public void EveryRepeatableMethod_HasOneEffectAndOneAnswer()
    {
        var result = RepeatRun.Run(1);

        Assert.True(result.Violations.Count == 0, string.Join(Environment.NewLine, result.Violations));
        Assert.Equal(result.Methods, result.Classified);
    }

    [Fact]
    public void MethodWithoutACase_IsFoundOut()
    {
        var most = RepeatCases.All.Where(pair => pair.Key is "IAccountGrain.Get").ToDictionary();
        Assert.Contains("IAccountGrain.Credit has no case", RepeatRun.Run(1, most).Violations);
    }

    [Fact]
    public void MethodWithASecondEffect_IsFoundOut()
    {
        var number = 0;
        RepeatCases.Case second = scene =>
            Task.FromResult<Func<Task<string>>>(async () =>
            {
                await scene.Account.Credit($"{++number}", new TokenAmount(7), at: null, Authority.Silo);
                return "done";
            });
        Assert.Contains(
            RepeatRun.Run(1, new Dictionary<string, RepeatCases.Case> { ["IAccountGrain.Credit"] = second }).Violations,
            violation => violation.StartsWith("IAccountGrain.Credit, AtOnce: once leaves", StringComparison.Ordinal)
        );
    }
}
