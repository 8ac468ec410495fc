using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>
/// One run of a program on an input, derived from the account and the client's request id. Text form: 64 hexadecimal digits.
/// </summary>
[JsonConverter(typeof(IdJsonConverter<JobId>))]
public readonly record struct JobId(Bytes32 Value) : IId<JobId>, IComparable<JobId>
{
    private const string Prefix = "";

    public static JobId Parse(string text) => new(Bytes32.Parse("a job id", Prefix, text));

    public static bool TryParse([NotNullWhen(true)] string? text, out JobId id)
    {
        var parsed = Bytes32.TryParse(Prefix, text, out var value);
        id = new JobId(value);
        return parsed;
    }

    public int CompareTo(JobId other) => Value.CompareTo(other.Value);

    /// <summary>The text form, which is also the grain key and the JSON form.</summary>
    public override string ToString() => Value.ToString(Prefix);
}
