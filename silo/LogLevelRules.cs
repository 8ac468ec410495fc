using System.Collections.Immutable;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Marketplace.Silo;

/// <summary>
/// Rules of the log that operators set while the silo runs. They stand behind those of the start, so that of two for one category the
/// operator's counts.
/// </summary>
internal sealed partial class LogLevelRules(Lazy<ILogger<LogLevelRules>> log)
    : ILogLevels,
        IPostConfigureOptions<LoggerFilterOptions>,
        IOptionsChangeTokenSource<LoggerFilterOptions>
{
    private readonly Lock _changing = new();
    private volatile ImmutableSortedDictionary<string, LogSeverity> _rules = ImmutableSortedDictionary.Create<string, LogSeverity>(
        StringComparer.OrdinalIgnoreCase
    );
    private CancellationTokenSource _changed = new();

    public string Name => Options.DefaultName;

    public LogLevels Changed => new([.. _rules.Select(rule => new LogLevelRule(rule.Key, rule.Value))]);

    public void Set(LogLevelRequest rule, AccountId by)
    {
        CancellationTokenSource before;
        lock (_changing)
        {
            var rules = rule.Level is { } level ? _rules.SetItem(rule.Category, level) : _rules.Remove(rule.Category);
            if (rules.Count > ILogLevels.RulesMax)
            {
                throw new MarketException(
                    ErrorCode.LimitExceeded,
                    $"The levels of {ILogLevels.RulesMax} categories are changed, which is the most; take one back first, or name "
                        + "what several have in common."
                );
            }
            _rules = rules;
            (before, _changed) = (_changed, new CancellationTokenSource());
        }
        // Loggers ask for the rules anew, and for the next token.
        before.Cancel();
        LogChanged(log.Value, rule.Category, rule.Level?.ToString() ?? "that of the start", by);
    }

    public void PostConfigure(string? name, LoggerFilterOptions options)
    {
        foreach (var (category, level) in _rules)
        {
            options.Rules.Add(new LoggerFilterRule(null, category, (LogLevel)level, null));
        }
    }

    public IChangeToken GetChangeToken()
    {
        lock (_changing)
        {
            return new CancellationChangeToken(_changed.Token);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The log's level of {Category} is now {Level}, as account {By} asked.")]
    private static partial void LogChanged(ILogger log, string category, string level, AccountId by);
}
