using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>How much a line of a log matters. Lines below the level of their category are not written.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<LogSeverity>))]
public enum LogSeverity
{
    /// <summary>Everything, also what programs and clients send: for a moment, on a silo that is watched.</summary>
    Trace = 0,

    /// <summary>What helps who looks for a fault.</summary>
    Debug = 1,

    /// <summary>What happens.</summary>
    Information = 2,

    /// <summary>What should not happen and does no harm by itself.</summary>
    Warning = 3,

    /// <summary>What failed.</summary>
    Error = 4,

    /// <summary>What the silo cannot go on after.</summary>
    Critical = 5,

    /// <summary>Nothing is written.</summary>
    None = 6,
}

/// <summary>The body of <c>PUT /v1/silo/log-levels</c>.</summary>
/// <param name="Category">The beginning of a logger's name, such as <c>Marketplace.Silo</c>; of those that fit, the longest counts.</param>
/// <param name="Level">The least level that is written; left out: as when the silo started.</param>
public sealed record LogLevelRequest(string Category, LogSeverity? Level);

/// <summary>A category whose level was changed.</summary>
/// <param name="Category">The beginning of a logger's name.</param>
/// <param name="Level">The least level that is written.</param>
public sealed record LogLevelRule(string Category, LogSeverity Level);

/// <summary>What was changed of the asked silo's log since its start.</summary>
/// <param name="Rules">By category.</param>
public sealed record LogLevels(IReadOnlyList<LogLevelRule> Rules);
