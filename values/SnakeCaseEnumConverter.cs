using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>Enums travel as snake_case names, never as numbers.</summary>
public sealed class SnakeCaseEnumConverter<TEnum>()
    : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where TEnum : struct, Enum;
