using Marketplace.Verify;
using Marketplace.Verify.Idempotency;

namespace Marketplace.Tests.Silo;

/// <summary><c>verify idempotency</c> as it is: it takes seconds.</summary>
public sealed class IdempotencyTests
{
    [Fact]
    public async Task EveryRequestThatMayBeRepeated_HasOneEffectAndOneAnswer()
    {
        var result = await IdempotencyCheck.Run(new VerifyArguments([]));

        Assert.Empty(result.Found);
    }
}
