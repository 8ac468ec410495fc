using Marketplace.Verify;
using Marketplace.Verify.Queue;

namespace Marketplace.Tests.Silo;

/// <summary>The smoke size of <c>verify queue</c>, without its judgement of time.</summary>
public sealed class QueueTests
{
    [Fact]
    public async Task AccountThatSendsJobsWithoutEnd_IsRefused_AndWhatWasAcceptedOutlivesAKill()
    {
        var result = await QueueCheck.Run(new VerifyArguments(["--jobs", "1000", "--queue-mib", "4", "--input", "1024", "--ready", "0"]));

        Assert.Empty(result.Found);
    }
}
