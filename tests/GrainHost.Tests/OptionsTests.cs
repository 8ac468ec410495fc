using Microsoft.Extensions.Options;

namespace Marketplace.GrainHost.Tests;

public class OptionsTests
{
    [Theory]
    [InlineData(nameof(GrainHostOptions.ResponseTimeout))]
    [InlineData(nameof(GrainHostOptions.IdleAge))]
    [InlineData(nameof(GrainHostOptions.IdlePeriod))]
    [InlineData(nameof(GrainHostOptions.ActivationTimeout))]
    [InlineData(nameof(GrainHostOptions.DeactivationTimeout))]
    [InlineData(nameof(GrainHostOptions.DrainTimeout))]
    [InlineData(nameof(GrainHostOptions.ReminderPeriodMin))]
    public async Task TimeOutOfItsBounds_IsNamedAtTheStart(string option)
    {
        var property = typeof(GrainHostOptions).GetProperty(option)!;
        foreach (var value in new[] { TimeSpan.FromTicks(-1), TimeSpan.FromDays(50) })
        {
            var error = await Assert.ThrowsAsync<OptionsValidationException>(() =>
                RunningHost.Start(options => property.SetValue(options, value))
            );
            Assert.Contains($"GrainHostOptions.{option} is {value}: it must be from", error.Message);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_001)]
    public async Task MailboxOutOfItsBounds_IsNamedAtTheStart(int value)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => RunningHost.Start(options => options.MailboxMax = value));
        Assert.Contains($"GrainHostOptions.MailboxMax is {value}: it must be from 1 to 1000000", error.Message);
    }

    /// <summary>Made again by every host, they would wait for the first one's start.</summary>
    [Fact]
    public void Proxies_AreMadeBeforeThereIsAHost_AndWhatIsNoGrainInterfaceIsPassedOver()
    {
        var made = GrainHostServices.EmitProxies(typeof(OptionsTests).Assembly);

        Assert.True(made > 10);
        Assert.Equal(made, GrainHostServices.EmitProxies(typeof(OptionsTests).Assembly));
    }

    [Fact]
    public async Task Bounds_AreAllowedThemselves()
    {
        await using var host = await RunningHost.Start(options =>
        {
            options.MailboxMax = 1;
            options.ResponseTimeout = TimeSpan.FromDays(49);
            options.ReminderPeriodMin = TimeSpan.FromSeconds(1);
        });
        await host.Client.GetGrain<IEchoGrain>("a").Nothing();
    }
}
