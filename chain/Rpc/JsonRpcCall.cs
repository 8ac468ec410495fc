using System.Buffers;
using System.Text.Json;

namespace Marketplace.Chain;

/// <summary>A call of JSON-RPC.</summary>
/// <param name="Method">Its name.</param>
/// <param name="WriteParams">Writes what stands in the array of parameters.</param>
/// <param name="AnswerBytesMax">The longest right answer.</param>
internal sealed record JsonRpcCall(string Method, Action<Utf8JsonWriter> WriteParams, int AnswerBytesMax)
{
    /// <summary>The body of a request: one call stands alone, several in an array. The ids are consecutive.</summary>
    public static byte[] Write(IReadOnlyList<JsonRpcCall> calls, long firstId)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            if (calls.Count > 1)
            {
                json.WriteStartArray();
            }
            for (var index = 0; index < calls.Count; index++)
            {
                json.WriteStartObject();
                json.WriteString("jsonrpc", "2.0");
                json.WriteNumber("id", firstId + index);
                json.WriteString("method", calls[index].Method);
                json.WriteStartArray("params");
                calls[index].WriteParams(json);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            if (calls.Count > 1)
            {
                json.WriteEndArray();
            }
        }
        return bytes.WrittenSpan.ToArray();
    }
}
