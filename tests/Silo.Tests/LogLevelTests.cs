using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Marketplace.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Tests.Silo;

/// <summary>What a silo logs is changed while it runs, for loggers that are there already.</summary>
public sealed class LogLevelTests : IAsyncDisposable
{
    private static readonly AccountId Operator = new(Bytes32.Parse(new string('1', 64)));

    private readonly WebApplication _silo = Build();

    private ILogLevels Levels => _silo.Services.GetRequiredService<ILogLevels>();

    private ILogger Logger => _silo.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Marketplace.Silo.Tested");

    [Fact]
    public void ChangedLevel_CountsAtOnce_AndIsTakenBack()
    {
        var logger = Logger;
        Assert.False(logger.IsEnabled(LogLevel.Debug));

        Levels.Set(new LogLevelRequest("Marketplace", LogSeverity.Error), Operator);
        Levels.Set(new LogLevelRequest("marketplace.silo", LogSeverity.Debug), Operator);

        Assert.True(logger.IsEnabled(LogLevel.Debug));
        Assert.False(logger.IsEnabled(LogLevel.Trace));
        Assert.Equal(["Marketplace", "marketplace.silo"], Levels.Changed.Rules.Select(rule => rule.Category));

        Levels.Set(new LogLevelRequest("Marketplace.Silo", null), Operator);
        Assert.False(logger.IsEnabled(LogLevel.Warning));
        Levels.Set(new LogLevelRequest("Marketplace", null), Operator);
        Assert.True(logger.IsEnabled(LogLevel.Warning));
        Assert.Empty(Levels.Changed.Rules);
    }

    /// <summary>Also for a category that has a rule from the start.</summary>
    [Fact]
    public void ChangedLevel_GoesBeforeTheOneOfTheStart()
    {
        var logger = _silo.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Hosting");
        Assert.False(logger.IsEnabled(LogLevel.Information));

        Levels.Set(new LogLevelRequest("Microsoft.AspNetCore", LogSeverity.Information), Operator);

        Assert.True(logger.IsEnabled(LogLevel.Information));
    }

    [Fact]
    public void Categories_AreBounded()
    {
        for (var number = 0; number < ILogLevels.RulesMax; number++)
        {
            Levels.Set(new LogLevelRequest($"Category{number}", LogSeverity.None), Operator);
        }

        var refused = Assert.Throws<MarketException>(() => Levels.Set(new LogLevelRequest("Another", LogSeverity.Trace), Operator));

        Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
        Assert.Equal(ILogLevels.RulesMax, Levels.Changed.Rules.Count);
        Levels.Set(new LogLevelRequest("Category1", LogSeverity.Trace), Operator);
    }

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.AddMarketplaceLogging();
        return builder.Build();
    }
}
