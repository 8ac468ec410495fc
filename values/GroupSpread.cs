using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>What two jobs of one group do not share while they run.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<GroupSpread>))]
public enum GroupSpread
{
    /// <summary>A worker.</summary>
    Worker = 0,

    /// <summary>The account that workers earn for.</summary>
    Owner = 1,
}
