using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>From which level on a silo logs, changed while it runs. What was changed is gone with the process.</summary>
public interface ILogLevels
{
    /// <summary>Most categories that are changed at once: who needs more sets the level of what they have in common.</summary>
    const int RulesMax = 64;

    /// <summary>Bytes of a category: longer than any logger's name.</summary>
    const int CategoryBytesMax = 256;

    /// <summary>What was changed, by category.</summary>
    LogLevels Changed { get; }

    /// <summary>Sets a category's level, or takes the change back. The same again changes nothing.</summary>
    /// <exception cref="MarketException">There are <see cref="RulesMax"/> categories, and this is another one.</exception>
    void Set(LogLevelRequest change, AccountId by);
}
