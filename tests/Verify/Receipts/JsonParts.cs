using System.Text.Json;

namespace Marketplace.Verify.Receipts;

/// <summary>A part of a text: bytes from and up to.</summary>
internal readonly record struct Part(int Start, int End);

/// <summary>A member of an object: its name and value, and where the value begins.</summary>
internal readonly record struct MemberPart(Part Whole, Part Value);

/// <summary>Where the parts of a JSON text stand, so that one can be changed and all others stay as they are.</summary>
internal sealed class JsonParts
{
    public JsonParts(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        ReadValue(ref reader);
        Gaps.Add(json.Length);
    }

    /// <summary>The members of each object.</summary>
    public List<IReadOnlyList<MemberPart>> Objects { get; } = [];

    /// <summary>The items of each list that has some.</summary>
    public List<Part> Items { get; } = [];

    /// <summary>Each text that is a value, with its quotation marks.</summary>
    public List<Part> Texts { get; } = [];

    /// <summary>Places between parts.</summary>
    public List<int> Gaps { get; } = [];

    public IEnumerable<MemberPart> Members => Objects.SelectMany(members => members);

    private Part ReadValue(ref Utf8JsonReader reader)
    {
        var start = Start(in reader);
        Gaps.Add(start);
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            var members = new List<MemberPart>();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = Start(in reader);
                Gaps.Add(name);
                reader.Read();
                var value = ReadValue(ref reader);
                members.Add(new MemberPart(new Part(name, value.End), value));
            }
            Objects.Add(members);
            Gaps.Add(Start(in reader));
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Items.Add(ReadValue(ref reader));
            }
            Gaps.Add(Start(in reader));
        }
        else
        {
            Texts.Add(new Part(start, (int)reader.BytesConsumed));
        }
        Gaps.Add((int)reader.BytesConsumed);
        return new Part(start, (int)reader.BytesConsumed);
    }

    private static int Start(in Utf8JsonReader reader) => (int)reader.TokenStartIndex;
}
