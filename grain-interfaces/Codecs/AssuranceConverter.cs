namespace Marketplace.GrainInterfaces.Codecs;

/// <summary>The wire form of <see cref="Assurance"/>.</summary>
[GenerateSerializer, Immutable, Alias("AssuranceSurrogate")]
public struct AssuranceSurrogate
{
    /// <summary>The canonical text; null: none.</summary>
    [Id(0)]
    public string? Text;
}

[RegisterConverter]
public sealed class AssuranceConverter : IConverter<Assurance, AssuranceSurrogate>
{
    public Assurance ConvertFromSurrogate(in AssuranceSurrogate surrogate) =>
        surrogate.Text is { } text ? Assurance.Parse(text) : Assurance.None;

    public AssuranceSurrogate ConvertToSurrogate(in Assurance value) => new() { Text = value.IsNone ? null : value.ToString() };
}
