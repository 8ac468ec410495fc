using System.Text.Json.Serialization;

namespace Marketplace.Crypto;

/// <summary>What a key file holds; <see cref="KeyFile"/> has the meaning.</summary>
internal sealed record KeyFileFields(string Format, string? PublicKey, string? Seed, SealedSeed? Sealed)
{
    /// <summary>Tells a file that was damaged from a passphrase that is wrong.</summary>
    public string? Check { get; init; }
}

internal sealed record SealedSeed(int Iterations, string Salt, string Nonce, string Box);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectRequiredConstructorParameters = false,
    RespectNullableAnnotations = true,
    WriteIndented = true
)]
[JsonSerializable(typeof(KeyFileFields))]
internal sealed partial class KeyFileJson : JsonSerializerContext;
