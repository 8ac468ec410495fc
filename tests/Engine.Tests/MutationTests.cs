using Marketplace.Reference.Comparison;
using Marketplace.Reference.Generation;

namespace Marketplace.Engine.Tests;

/// <summary>Modules that chance changed.</summary>
public sealed class MutationTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private const int MutationsSmoke = 3_000;

    [Fact]
    public async Task MutatedModule_IsValidInvalidOrOverALimit_AndSoon()
    {
        var corpus = Enumerable.Range(0, 20).Select(seed => ModuleGenerator.Generate((ulong)seed, new GeneratorOptions()).Bytes).ToArray();
        var fuzzing = new Fuzzing(corpus, seed: 1);
        await OnGuestThread(() =>
        {
            fuzzing.Run(MutationsSmoke);
            return true;
        });
        Assert.Empty(fuzzing.Result.Found.Select(found => found.What));
        Assert.True(fuzzing.Result is { Valid: > 0, Invalid: > 0 });
    }
}
